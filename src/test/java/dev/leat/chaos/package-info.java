/**
 * A storm of faults around real parts, and a verdict: PostgreSQL, pollers in processes of their own, writers, a stream, and
 * networks between them.
 *
 * <p>A {@link dev.leat.chaos.Round} sets up an {@link dev.leat.chaos.Arena}, lets a {@link dev.leat.chaos.Storm} of
 * {@linkplain dev.leat.chaos.Kind kinds} of disturbances rage over it while {@link dev.leat.chaos.Writers} write, heals everything,
 * waits until the outbox is empty, and asks the checker, which knows from the database alone what must have arrived. All that is
 * drawn is drawn from the round's seed; what the processes make of it is not.
 *
 * <p>{@link dev.leat.chaos.Chaos} runs as many rounds as one likes, {@code ChaosIT} a few in every test run. {@code docs/chaos.md}
 * says how.
 */
@NullMarked
package dev.leat.chaos;

import org.jspecify.annotations.NullMarked;
