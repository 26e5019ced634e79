package dev.leat.pipeline;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A point on the monotonic clock after which nothing of a claim may be published any more: the server may have given its
 * lanes to another poller. Asked before every request, because a process can be paused for longer than it lasts.
 */
public final class Deadline {

    private final LongSupplier nanoTime;
    private final long at;

    private Deadline(LongSupplier nanoTime, long at) {
        this.nanoTime = nanoTime;
        this.at = at;
    }

    /**
     * @param nanoTime the clock, such as {@code System::nanoTime}
     */
    public static Deadline in(Duration duration, LongSupplier nanoTime) {
        return new Deadline(nanoTime, nanoTime.getAsLong() + duration.toNanos());
    }

    public boolean passed() {
        return remaining().isNegative() || remaining().isZero();
    }

    /** Negative once passed. */
    public Duration remaining() {
        return Duration.ofNanos(at - nanoTime.getAsLong());
    }
}
