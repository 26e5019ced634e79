package dev.leat.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Waits for a condition: checks it again and again for a limited time. The longer it has waited, the longer are the pauses: most conditions
 * are statements, and what waits is not to take the CPU of what is waited for.
 */
public final class Await {

    private static final long SHORTEST_NANOS = 1_000_000;
    private static final long LONGEST_NANOS = 8_000_000;

    private Await() {}

    /** Returns as soon as the condition holds; fails, naming what was waited for, if it does not in that time. */
    public static void until(String what, Duration atMost, BooleanSupplier condition) {
        long began = System.nanoTime();
        while (!condition.getAsBoolean()) {
            long waited = System.nanoTime() - began;
            if (waited > atMost.toNanos()) {
                throw new AssertionError("waited " + atMost + " in vain for: " + what);
            }
            LockSupport.parkNanos(Math.min(LONGEST_NANOS, Math.max(SHORTEST_NANOS, waited / 10)));
        }
    }

    /**
     * Returns as soon as the count is 0; fails, naming what was to end, if it has not become smaller for that time. So a slow machine
     * is no failure, and one that stands still is.
     */
    public static void noneLeft(String what, Duration stalled, LongSupplier count) {
        long[] least = {Long.MAX_VALUE};
        while (least[0] > 0) {
            long before = least[0];
            try {
                until("fewer", stalled, () -> {
                    least[0] = Math.min(least[0], count.getAsLong());
                    return least[0] < before;
                });
            } catch (AssertionError e) {
                throw new AssertionError(before + " " + what + " left, and no fewer for " + stalled, e);
            }
        }
    }
}
