package dev.leat.claim;

import java.time.Duration;

/**
 * How long to rest between two looks at the outbox: not at all while claims come back full, the busy interval while they bring
 * anything, then twice as long each time up to the idle interval. Pure and not thread-safe.
 */
final class Pacer {

    private final Duration busy;
    private final Duration idle;
    private Duration next;

    Pacer(Duration busy, Duration idle) {
        this.busy = busy;
        this.idle = idle;
        this.next = busy;
    }

    /** A claim has brought that many events. */
    void claimed(int events, boolean full) {
        if (full) {
            next = Duration.ZERO;
        } else if (events > 0) {
            next = busy;
        }
    }

    /** The rest to take now. */
    Duration rest() {
        Duration rest = next;
        Duration longer = rest.isZero() ? busy : rest.multipliedBy(2);
        next = longer.compareTo(idle) > 0 ? idle : longer;
        return rest;
    }
}
