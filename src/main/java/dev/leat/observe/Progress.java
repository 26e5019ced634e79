package dev.leat.observe;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Adds up a count and returns the sum at most once a minute. Safe for use by several threads. */
final class Progress {

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoTime;
    private long since;
    private long sum;

    Progress(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /** Adds to the sum. Returns it and starts again from 0 if a minute has passed since the last time; else empty. */
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
