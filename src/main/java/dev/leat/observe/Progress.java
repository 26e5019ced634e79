package dev.leat.observe;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Sums a count and gives out the sum once a minute at most. Safe for use by several threads. */
final class Progress {

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoTime;
    private long since;
    private long sum;

    Progress(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /** The sum since it was last given out, when a minute has passed since. */
    synchronized OptionalLong add(long count) {
        sum += count;
        long now = nanoTime.getAsLong();
        if (now - since < MINUTE) {
            return OptionalLong.empty();
        }
        OptionalLong given = OptionalLong.of(sum);
        since = now;
        sum = 0;
        return given;
    }
}
