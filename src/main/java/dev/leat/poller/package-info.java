/**
 * A poller: its parts, which {@link dev.leat.poller.PollerRuntime} connects, the check of the stream before it starts, and the loop
 * through the stages. {@link dev.leat.poller.Pass} takes one claim from claim to settle. {@link dev.leat.poller.Poller} repeats it on a
 * few threads until it is stopped. The loop uses the interfaces of {@code dev.leat.pipeline} and knows nothing of their implementations.
 */
@NullMarked
package dev.leat.poller;

import org.jspecify.annotations.NullMarked;
