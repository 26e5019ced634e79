package dev.leat.localstream;

/**
 * The write limits of each shard. After a second without records, a shard accepts the amount of a second at once.
 *
 * @param recordsPerSecond at least 1
 * @param bytesPerSecond data and partition keys, at least 1
 */
public record WriteLimits(int recordsPerSecond, long bytesPerSecond) {

    /** The limits of the service. */
    public static final WriteLimits OF_THE_SERVICE = new WriteLimits(1_000, 1 << 20);

    public WriteLimits {
        if (recordsPerSecond < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("a shard must take something: not " + recordsPerSecond + " records and "
                    + bytesPerSecond + " bytes a second");
        }
    }
}
