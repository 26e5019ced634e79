package dev.leat.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition: checks it again and again for a limited time. */
public final class Await {

    private static final long PAUSE_NANOS = 2_000_000;

    private Await() {}

    /** Returns as soon as the condition holds; fails, naming what was waited for, if it does not in that time. */
    public static void until(String what, Duration atMost, BooleanSupplier condition) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited " + atMost + " in vain for: " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
