package dev.leat.outbox;

import dev.leat.PollerSettings;
import java.time.Duration;

/**
 * What a person sets, and how much memory a claim may take.
 *
 * @param batchBytes what the events of a claim may weigh together, their images, keys and contexts, in bytes; one event by
 *     itself may weigh more. A worker needs about six times as much memory while it publishes
 * @param maxImageBytes an event that weighs more than this is not read at all: no stream would take it
 */
public record ClaimSettings(PollerSettings poller, long batchBytes, long maxImageBytes) {

    /** How much longer than a claim's deadline the server waits before it takes the lanes back. */
    static final Duration GRACE = Duration.ofSeconds(5);

    public static final ClaimSettings DEFAULT = of(PollerSettings.builder().build());

    public ClaimSettings {
        require(batchBytes >= 1, "the bytes of a batch must be positive, not " + batchBytes);
        require(maxImageBytes >= 1, "the largest image must be positive, not " + maxImageBytes);
    }

    public static ClaimSettings of(PollerSettings poller) {
        return new ClaimSettings(poller, 8L << 20, 10L << 20);
    }

    public ClaimSettings withBatchBytes(long bytes) {
        return new ClaimSettings(poller, bytes, maxImageBytes);
    }

    public ClaimSettings withMaxImageBytes(long bytes) {
        return new ClaimSettings(poller, batchBytes, bytes);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
