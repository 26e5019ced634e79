package dev.leat.claim;

import java.time.Duration;

/**
 * How much is claimed at once, and for how long.
 *
 * @param batch the number of events that a claim aims at, 1 to 100,000
 * @param batchBytes what the events of a claim may weigh together, their images, keys and contexts, in bytes; one event by
 *     itself may weigh more. A worker needs about six times as much memory while it publishes
 * @param maxImageBytes an event that weighs more than this is not read at all: no stream would take it
 * @param deadline how long a claim may publish; the server ends its transaction {@link #GRACE} later, and lets the lanes go
 * @param busyInterval the pause between looks at the outbox while there is traffic
 * @param idleInterval the same while there is none
 */
public record ClaimSettings(
        int batch,
        long batchBytes,
        long maxImageBytes,
        Duration deadline,
        Duration busyInterval,
        Duration idleInterval) {

    /** How much longer than a claim's deadline the server waits before it takes the lanes back. */
    static final Duration GRACE = Duration.ofSeconds(5);

    public static final ClaimSettings DEFAULT = new ClaimSettings(
            8000, 8L << 20, 10L << 20, Duration.ofSeconds(15), Duration.ofMillis(2), Duration.ofMillis(100));

    public ClaimSettings {
        require(batch >= 1 && batch <= 100_000, "the batch must be 1 to 100000 events, not " + batch);
        require(batchBytes >= 1, "the bytes of a batch must be positive, not " + batchBytes);
        require(maxImageBytes >= 1, "the largest image must be positive, not " + maxImageBytes);
        require(
                deadline.compareTo(Duration.ofSeconds(1)) >= 0 && deadline.compareTo(Duration.ofMinutes(5)) <= 0,
                "the publish deadline must be 1s to 5m, not " + deadline);
        require(!busyInterval.isNegative(), "the busy interval must not be negative, not " + busyInterval);
        require(
                idleInterval.compareTo(busyInterval) >= 0 && idleInterval.compareTo(Duration.ofMinutes(1)) <= 0,
                "the idle interval must lie between the busy interval and 1m, not " + idleInterval);
    }

    public ClaimSettings withBatch(int events) {
        return new ClaimSettings(events, batchBytes, maxImageBytes, deadline, busyInterval, idleInterval);
    }

    public ClaimSettings withBatchBytes(long bytes) {
        return new ClaimSettings(batch, bytes, maxImageBytes, deadline, busyInterval, idleInterval);
    }

    public ClaimSettings withMaxImageBytes(long bytes) {
        return new ClaimSettings(batch, batchBytes, bytes, deadline, busyInterval, idleInterval);
    }

    public ClaimSettings withDeadline(Duration duration) {
        return new ClaimSettings(batch, batchBytes, maxImageBytes, duration, busyInterval, idleInterval);
    }

    public ClaimSettings withIntervals(Duration busy, Duration idle) {
        return new ClaimSettings(batch, batchBytes, maxImageBytes, deadline, busy, idle);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
