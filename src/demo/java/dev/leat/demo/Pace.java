package dev.leat.demo;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Keeps several threads together at a rate. After a pause they do not catch up at once. */
final class Pace {

    private static final long MOST_BEHIND = TimeUnit.MILLISECONDS.toNanos(250);

    private final double nanosEach;
    private final LongSupplier nanoTime;
    private double due;

    Pace(double perSecond, LongSupplier nanoTime) {
        this.nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.nanoTime = nanoTime;
        this.due = nanoTime.getAsLong();
    }

    /** Counts that many, and returns how many nanoseconds to wait before the next. */
    synchronized long account(int done) {
        long now = nanoTime.getAsLong();
        due = Math.max(due, now - MOST_BEHIND) + done * nanosEach;
        return Math.max(0, (long) (due - now));
    }
}
