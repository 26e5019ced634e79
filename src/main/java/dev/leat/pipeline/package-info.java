/**
 * The interfaces of the stages, and the types that they exchange.
 *
 * <p>A trigger writes a change to {@code leat_internal.outbox} (capture, in SQL). From there it passes through four more stages:
 * {@linkplain dev.leat.pipeline.Claims claim}, {@linkplain dev.leat.Shaper shape},
 * {@linkplain dev.leat.pipeline.Publisher publish} and {@linkplain dev.leat.pipeline.Claim#settle settle}. A stage knows this package
 * and {@code dev.leat}, and no other stage; the loop in {@code dev.leat.poller} runs them by these interfaces alone.
 */
@NullMarked
package dev.leat.pipeline;

import org.jspecify.annotations.NullMarked;
