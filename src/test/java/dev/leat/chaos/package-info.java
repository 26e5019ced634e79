/**
 * Faults around real parts, and a verdict: PostgreSQL, pollers in processes of their own, writers, a stream, and networks between them.
 *
 * <p>A {@link dev.leat.chaos.Round} sets up a {@link dev.leat.chaos.TestSystem} and starts {@link dev.leat.chaos.Disturbances} of several
 * {@linkplain dev.leat.chaos.Kind kinds} while {@link dev.leat.chaos.Writers} write. Then it ends all disturbances, waits until the outbox
 * is empty, and asks the checker, which knows from the database alone what must have arrived. Everything that is drawn is drawn from the
 * round's seed; what the processes make of it is not.
 *
 * <p>{@link dev.leat.chaos.Chaos} runs as many rounds as asked for, {@code ChaosIT} a few in every test run. {@code docs/chaos.md} says how.
 */
@NullMarked
package dev.leat.chaos;

import org.jspecify.annotations.NullMarked;
