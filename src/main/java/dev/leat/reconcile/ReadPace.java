package dev.leat.reconcile;

import java.time.Duration;

/**
 * How fast a shard is read. A shard answers 5 reads and 2 MiB in a second, to all consumers together that have no fan-out of their own.
 *
 * @param readsPerSecond of each shard
 * @param bytesPerSecond of each shard
 */
public record ReadPace(double readsPerSecond, double bytesPerSecond) {

    public ReadPace {
        if (!(readsPerSecond > 0) || !(bytesPerSecond > 0)) {
            throw new IllegalArgumentException("a pace is greater than 0: " + readsPerSecond + ", " + bytesPerSecond);
        }
    }

    /** Three reads and 1.5 MiB a second: a quarter is left to others, and a shard is read faster than it can be written. */
    public static ReadPace besideOthers() {
        return new ReadPace(3, 1.5 * (1 << 20));
    }

    /** How long to wait between the beginnings of a read of so many bytes and the next one. */
    Duration after(long bytes) {
        return Duration.ofNanos((long) (1e9 * Math.max(1 / readsPerSecond, bytes / bytesPerSecond)));
    }
}
