package dev.leat.outbox;

import java.time.Duration;

/**
 * How long to wait between two looks at the outbox: not at all while claims come back full, the busy interval while they bring
 * anything, and then the longer the longer it has been quiet, up to the idle interval: an event waits for a small part of the
 * quiet before it, and a poller that has nothing to do costs next to nothing. Pure and not thread-safe.
 */
final class PollInterval {

    /** The part of the quiet that a wait takes. */
    private static final int PART = 50;

    private final long busy;
    private final long idle;
    private long quiet;
    private boolean full;

    PollInterval(Duration busy, Duration idle) {
        this.busy = busy.toNanos();
        this.idle = idle.toNanos();
    }

    /** A claim has brought that many events. */
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
