/** Consumers that are written as {@code docs/formats.md} says, in Java and in JavaScript: their views must equal the tables. */
@NullMarked
package dev.leat.consumers;

import org.jspecify.annotations.NullMarked;
