package dev.leat.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

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
}
