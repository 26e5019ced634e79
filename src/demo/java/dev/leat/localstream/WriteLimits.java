package dev.leat.localstream;

/**
 * What each shard takes in, with one second's worth at once when it is rested.
 *
 * @param recordsPerSecond at least 1
 * @param bytesPerSecond data and partition keys, at least 1
 */
public record WriteLimits(int recordsPerSecond, long bytesPerSecond) {

    /** What the service grants. */
    public static final WriteLimits OF_THE_SERVICE = new WriteLimits(1_000, 1 << 20);

    public WriteLimits {
        if (recordsPerSecond < 1 || bytesPerSecond < 1) {
            throw new IllegalArgumentException("a shard must take something: not " + recordsPerSecond + " records and "
                    + bytesPerSecond + " bytes a second");
        }
    }
}
