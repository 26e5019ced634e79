package dev.leat.pipeline;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time on the monotonic clock after which no event of a claim may be published: another poller may hold its lanes by then. It is
 * checked before every request, because a process can be paused past the deadline.
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

    /** The time left; negative after the deadline. */
    public Duration remaining() {
        return Duration.ofNanos(at - nanoTime.getAsLong());
    }
}
