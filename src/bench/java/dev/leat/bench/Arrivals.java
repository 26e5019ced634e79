package dev.leat.bench;

import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongPredicate;

/** Waits for records in a stream while contenders run. */
final class Arrivals {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long QUIET = Duration.ofMillis(50).toNanos();
    private static final long LOOK = Duration.ofMillis(2).toNanos();

    private final TestStream stream;
    private final Collection<Process> contenders;
    private final long end = System.nanoTime() + PATIENCE.toNanos();

    Arrivals(TestStream stream, Collection<Process> contenders) {
        this.stream = stream;
        this.contenders = contenders;
    }

    /** Waits until there are so many records. */
    void await(int records) {
        while (stream.local().recordCount(TestStream.NAME) < records) {
            lookOn();
        }
    }

    /**
     * Waits until all events have arrived. The number of records depends on the contender, so {@code all} is called each time when no more
     * have arrived for a moment.
     *
     * @param all receives the number of records that have arrived; returns whether these are all
     * @return when the last record arrived, as {@link System#nanoTime()}
     */
    long awaitAll(LongPredicate all) {
        long seen = 0;
        long since = System.nanoTime();
        while (true) {
            long arrived = stream.local().recordCount(TestStream.NAME);
            if (arrived != seen) {
                seen = arrived;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > QUIET && all.test(arrived)) {
                return since;
            }
            lookOn();
        }
    }

    private void lookOn() {
        if (System.nanoTime() > end) {
            throw new IllegalStateException("after " + PATIENCE + " no more than "
                    + stream.local().recordCount(TestStream.NAME) + " records have arrived (see target/bench.log)");
        }
        if (!contenders.stream().allMatch(Process::isAlive)) {
            throw new IllegalStateException("a contender ended by itself: see target/bench.log");
        }
        LockSupport.parkNanos(LOOK);
    }
}
