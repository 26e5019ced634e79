/**
 * The loop through the stages. {@link dev.leat.loop.Pass} takes one claim from claim to settle and reads as a sentence.
 * {@link dev.leat.loop.Poller} repeats it on a few threads until it is stopped. This package uses the ports of the vocabulary and knows
 * nothing of their implementations.
 */
@NullMarked
package dev.leat.loop;

import org.jspecify.annotations.NullMarked;
