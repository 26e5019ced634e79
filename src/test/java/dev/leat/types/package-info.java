/** From an insert to the bytes in the stream: every type, every kind of key, tables of every shape. */
@NullMarked
package dev.leat.types;

import org.jspecify.annotations.NullMarked;
