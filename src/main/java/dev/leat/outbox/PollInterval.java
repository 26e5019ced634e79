package dev.leat.outbox;

import java.time.Duration;

/**
 * The time to wait between two polls of the outbox. There is no wait while claims are full, and the busy interval while they find any
 * event. After that the wait grows with the time without events, up to the idle interval. So an event waits for a small part of the idle
 * time before it, and an idle poller costs very little. It reads no clock and is not thread-safe.
 */
final class PollInterval {

    /** A wait is the time without events divided by this. */
    private static final int PART = 50;

    private final long busy;
    private final long idle;
    private long quiet;
    private boolean full;

    PollInterval(Duration busy, Duration idle) {
        this.busy = busy.toNanos();
        this.idle = idle.toNanos();
    }

    /** Takes note of a claim's result: the number of events, and whether there may be more. */
    void claimed(int events, boolean more) {
        full = more;
        if (more || events > 0) {
            quiet = 0;
        }
    }

    /** How long to wait now. */
    Duration next() {
        if (full) {
            full = false;
            return Duration.ZERO;
        }
        long pause = Math.min(idle, Math.max(busy, quiet / PART));
        quiet += pause;
        return Duration.ofNanos(pause);
    }
}
