package dev.leat;

import java.time.Duration;

/**
 * The backlog of the outbox: the events that wait to be published.
 *
 * @param events the number of events, counted up to {@link #MOST}
 * @param oldest the age of the oldest event counted
 */
public record Backlog(long events, Duration oldest) {

    /** The number at which counting stops. */
    public static final int MOST = 100_000;
}
