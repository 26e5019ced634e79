/** Benchmarks: each is a main program, run by the command in {@code docs/benchmarks.md}, and prints ratios taken side by side. */
@NullMarked
package dev.leat.bench;

import org.jspecify.annotations.NullMarked;
