package dev.leat;

import java.time.Duration;

/**
 * What waits in the outbox.
 *
 * @param events how many, counted up to {@link #MOST}
 * @param oldest the age of the oldest of those counted
 */
public record Backlog(long events, Duration oldest) {

    /** From here on the events are not counted. */
    public static final int MOST = 100_000;
}
