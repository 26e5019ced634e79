/** Streams with aggregation, from an insert to what their consumers unpack. */
@NullMarked
package dev.leat.aggregated;

import org.jspecify.annotations.NullMarked;
