package dev.leat.localstream;

import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The options of a local stream.
 *
 * @param host the address to listen on; the loopback address by default
 * @param region the region that ARNs name
 * @param account the account that ARNs name, 12 digits
 * @param throttled whether the service's limits of reading a shard are enforced; off by default
 * @param writeLimits of each shard; null, the default: no limits
 * @param shardLimit how many open shards all streams together may have
 * @param maxBytesPerStream how much a stream may keep in memory; its oldest records are dropped beyond that
 * @param transition for how long a stream stays CREATING, UPDATING or DELETING; zero by default
 * @param clock for arrival times, retention, throttling and the expiry of iterators
 */
public record LocalStreamOptions(
        String host,
        String region,
        String account,
        boolean throttled,
        @Nullable WriteLimits writeLimits,
        int shardLimit,
        long maxBytesPerStream,
        Duration transition,
        Clock clock) {

    public LocalStreamOptions {
        if (!account.matches("\\d{12}")) {
            throw new IllegalArgumentException("account must have 12 digits, not " + account);
        }
        if (shardLimit < 1) {
            throw new IllegalArgumentException("shardLimit must be positive, not " + shardLimit);
        }
        if (maxBytesPerStream < 1) {
            throw new IllegalArgumentException("maxBytesPerStream must be positive, not " + maxBytesPerStream);
        }
        if (transition.isNegative()) {
            throw new IllegalArgumentException("transition must not be negative: " + transition);
        }
    }

    /** No throttling, no transitions, the system's clock; a stream keeps at most a third of this JVM's heap. */
    public static LocalStreamOptions defaults() {
        return new LocalStreamOptions(
                "127.0.0.1",
                "us-east-1",
                "000000000000",
                false,
                null,
                500,
                Runtime.getRuntime().maxMemory() / 3,
                Duration.ZERO,
                Clock.systemUTC());
    }

    public LocalStreamOptions withHost(String value) {
        return new LocalStreamOptions(
                value, region, account, throttled, writeLimits, shardLimit, maxBytesPerStream, transition, clock);
    }

    public LocalStreamOptions withRegion(String value) {
        return new LocalStreamOptions(
                host, value, account, throttled, writeLimits, shardLimit, maxBytesPerStream, transition, clock);
    }

    /** With the service's limits per shard, in both directions, or with none. */
    public LocalStreamOptions withThrottling(boolean value) {
        WriteLimits limits = value ? WriteLimits.OF_THE_SERVICE : null;
        return new LocalStreamOptions(
                host, region, account, value, limits, shardLimit, maxBytesPerStream, transition, clock);
    }

    public LocalStreamOptions withWriteLimits(WriteLimits value) {
        return new LocalStreamOptions(
                host, region, account, throttled, value, shardLimit, maxBytesPerStream, transition, clock);
    }

    public LocalStreamOptions withShardLimit(int value) {
        return new LocalStreamOptions(
                host, region, account, throttled, writeLimits, value, maxBytesPerStream, transition, clock);
    }

    public LocalStreamOptions withMaxBytesPerStream(long value) {
        return new LocalStreamOptions(
                host, region, account, throttled, writeLimits, shardLimit, value, transition, clock);
    }

    public LocalStreamOptions withTransition(Duration value) {
        return new LocalStreamOptions(
                host, region, account, throttled, writeLimits, shardLimit, maxBytesPerStream, value, clock);
    }

    public LocalStreamOptions withClock(Clock value) {
        return new LocalStreamOptions(
                host, region, account, throttled, writeLimits, shardLimit, maxBytesPerStream, transition, value);
    }
}
