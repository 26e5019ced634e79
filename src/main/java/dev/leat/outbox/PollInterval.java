package dev.leat.outbox;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time to wait between two polls of the outbox, for one worker. There is no wait while claims are full. While claims find events, the
 * wait is a multiple of the time that the last claim kept the database at work: if the database is busy, a claim takes longer, and the
 * next one comes later and takes more events. So a claim's cost in the database, which hardly depends on the number of its events, stays
 * a bounded part of its time. After the last event the wait grows with the time without events. It is not thread-safe.
 */
final class PollInterval {

    /** A wait is the database's time for the last claim, times this. */
    private static final int PAUSES_PER_CLAIM = 2;

    private static final long SHORTEST = Duration.ofMillis(1).toNanos();

    /** A wait is the time without events divided by this. */
    private static final int PART = 50;

    /** The longest wait of an idle poller is that of a busy one, times this. */
    private static final int IDLE = 20;

    private final long latency;
    private final LongSupplier nanoTime;
    private long began;
    private long worked;
    private long quiet;
    private boolean full;
    private boolean several;

    /**
     * @param latency the longest wait while events come
     * @param nanoTime the monotonic clock
     */
    PollInterval(Duration latency, LongSupplier nanoTime) {
        this.latency = latency.toNanos();
        this.nanoTime = nanoTime;
    }

    /** A claim begins to read. */
    void claims() {
        began = nanoTime.getAsLong();
        worked = 0;
    }

    /** Takes note of a claim's result: the number of events, and whether there may be more. */
    void claimed(int events, boolean more) {
        worked = nanoTime.getAsLong() - began;
        full = more;
        several = events > 1;
        if (more || events > 0) {
            quiet = 0;
        }
    }

    /** The claim's events are settled from now on. */
    void settles() {
        began = nanoTime.getAsLong();
    }

    void settled() {
        worked += nanoTime.getAsLong() - began;
    }

    /** How long to wait now. */
    Duration next() {
        if (full) {
            full = false;
            return Duration.ZERO;
        }
        long busy = Math.min(latency, Math.max(SHORTEST, PAUSES_PER_CLAIM * worked));
        long pause = Math.min(IDLE * latency, Math.max(busy, quiet / PART));
        quiet += pause;
        return Duration.ofNanos(pause);
    }

    /** Whether events come faster than claims, so that the next claim will certainly find some. */
    boolean flowing() {
        return several;
    }
}
