/**
 * The walk through the rooms. {@link dev.leat.loop.Pass} takes one claim from claim to settle and reads as a sentence; {@link
 * dev.leat.loop.Poller} repeats it on a few threads until it is stopped. This package sees the ports of the vocabulary and
 * nothing of what is behind them.
 */
@NullMarked
package dev.leat.loop;

import org.jspecify.annotations.NullMarked;
