/**
 * The vocabulary: what flows through the five stages, what may become of it, and the ports between them.
 *
 * <p>A change is written to {@code leat_internal.outbox} by a trigger (capture, in SQL) and then passes through four more stages:
 * {@linkplain dev.leat.Claims claim}, {@linkplain dev.leat.Shaper shape}, {@linkplain dev.leat.Publisher publish} and
 * {@linkplain dev.leat.Settlement settle}. Stages know this package and nothing of each other. {@code dev.leat.loop} takes an event
 * through them by these ports alone.
 */
@NullMarked
package dev.leat;

import org.jspecify.annotations.NullMarked;
