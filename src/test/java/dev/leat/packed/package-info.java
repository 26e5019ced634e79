/** Packed streams, from an insert to what their consumers unpack. */
@NullMarked
package dev.leat.packed;

import org.jspecify.annotations.NullMarked;
