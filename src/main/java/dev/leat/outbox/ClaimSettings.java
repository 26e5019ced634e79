package dev.leat.outbox;

import dev.leat.PollerSettings;
import java.time.Duration;

/**
 * The settings of claims: the poller's settings, and the limits of memory for one claim.
 *
 * @param batchBytes the largest size of a claim's images, keys and contexts together, in bytes; a single event may be larger. A worker
 *     needs about six times as much memory while it publishes
 * @param maxImageBytes the largest size of one event, in bytes; a larger event is not read, because no stream accepts it
 */
public record ClaimSettings(PollerSettings poller, long batchBytes, long maxImageBytes) {

    /** How long after a claim's deadline the server ends the claim's transaction, which releases the lanes. */
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
