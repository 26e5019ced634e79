/** Benchmarks: each is a main program, run by the command in {@code docs/benchmarks.md}, and prints ratios of measurements made in turns. */
@NullMarked
package dev.leat.bench;

import org.jspecify.annotations.NullMarked;
