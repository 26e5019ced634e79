package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/**
 * Limits how much this process sends to one shard: a token bucket whose rate is learned from what the shard throttles. Other processes
 * that write to the shard do the same without knowing each other. The package comment explains why their rates settle near the
 * shard's limit.
 *
 * <p>The unit is the second of a shard: 1,000 records, or 1 MiB, take a shard one second, whichever is more. A rate is a share of a
 * shard. Until the shard throttles something the rate is unlimited. Times are nanoseconds on the publisher's clock. No I/O, no clock, no
 * threads; not thread-safe.
 */
final class ShardRateLimiter {

    private static final double SECOND = 1e9;
    private static final double RECORDS_PER_SECOND = 1_000;
    private static final double BYTES_PER_SECOND = 1 << 20;

    /** The lowest rate. Twenty pollers fit into a shard, and a poller with this rate still tries again now and then. */
    private static final double LEAST_RATE = 0.05;

    /** The lowest first rate: the shard may have stored little only because others have just used its burst. */
    private static final double LEAST_FIRST_RATE = 0.25;

    /** From this rate on there is no limit any more. */
    private static final double UNLIMITED = 64;

    /** The additive increase, in shares for each second. It is the same for all writers of a shard, so their rates become equal. */
    private static final double INCREASE = 0.003;

    /** The proportional increase, by the cube of the seconds without throttling. So a limit that has gone is left soon. */
    private static final double ACCELERATION = 0.002;

    /** The decrease of the rate for each shard second of throttled records. */
    private static final double DECREASE = 3;

    /** An empty bucket opens again when this much may be sent at once, so that it is not sent in many small requests. */
    private static final double PORTION = 0.05;

    private static final double LONGEST_CLOSED = 0.2;

    /** Buckets open at multiples of this time, so that the records of several shards share requests. */
    private static final long OPENING_INTERVAL = 25_000_000;

    /** The sums of one answer, kept by {@link ShardRateLimiters}. */
    int storedRecords;

    long storedBytes;
    int throttledRecords;
    long throttledBytes;

    private final String shard;
    private double rate = Double.POSITIVE_INFINITY;
    private double records;
    private double bytes;
    private long filledAt;
    private long closedUntil;
    private double sinceDecrease;
    private long decreasedAt;

    private long windowAt;
    private double current;
    private double previous;

    /**
     * @param parent the shard that had this shard's records before, whose rate this one begins with; null: the rate is unlimited
     */
    ShardRateLimiter(String shard, @Nullable ShardRateLimiter parent, long now) {
        this.shard = shard;
        this.windowAt = now;
        if (parent != null && parent.limited()) {
            rate = parent.rate;
            filledAt = now;
        }
    }

    String shard() {
        return shard;
    }

    boolean limited() {
        return rate < UNLIMITED;
    }

    /** A share of a shard; infinite as long as the shard has throttled nothing. */
    double rate() {
        return rate;
    }

    /** When a record may be sent to the shard; not after {@code now}: at once. */
    long availableAt(long now) {
        if (!limited()) {
            return 0;
        }
        refill(now);
        return closedUntil;
    }

    /** A record is sent. Its size may exceed what is left in the bucket: the debt delays the records after it. */
    void consume(long size, long now) {
        if (!limited()) {
            return;
        }
        records -= 1 / RECORDS_PER_SECOND;
        bytes -= size / BYTES_PER_SECOND;
        if (Math.min(records, bytes) <= 0) {
            close(now);
        }
    }

    /** The shard stored records. */
    void stored(int count, long size, long now) {
        roll(now);
        current += seconds(count, size);
    }

    /**
     * The shard is over its limit: it stored a part of a request and throttled this much of it.
     *
     * @param sentAt when the request was sent. A request sent before the last decrease teaches nothing new
     */
    void throttled(int count, long size, long sentAt, long now) {
        if (limited() && sentAt < decreasedAt) {
            return;
        }
        if (limited()) {
            refill(now);
            rate = Math.max(LEAST_RATE, Math.max(rate / 2, rate - DECREASE * seconds(count, size)));
        } else {
            rate = Math.max(LEAST_FIRST_RATE, perSecond(now));
            filledAt = now;
        }
        // The shard has used up its burst, so the bucket has none either.
        records = Math.min(records, 0);
        bytes = Math.min(bytes, 0);
        decreasedAt = now;
        sinceDecrease = 0;
        close(now);
    }

    private static double seconds(int count, long size) {
        return Math.max(count / RECORDS_PER_SECOND, size / BYTES_PER_SECOND);
    }

    private void refill(long now) {
        double passed = (now - filledAt) / SECOND;
        if (passed <= 0) {
            return;
        }
        filledAt = now;
        // The rate grows only while it holds records back: a quiet hour teaches nothing.
        if (now - closedUntil < SECOND) {
            double before = sinceDecrease;
            sinceDecrease += passed;
            rate = (rate + INCREASE * passed)
                    * Math.exp(ACCELERATION * (Math.pow(sinceDecrease, 3) - Math.pow(before, 3)));
        }
        // The bucket holds one second, as the shard's own does. The lanes of the shard may be claimed by others
        // meanwhile.
        records = Math.min(rate, records + rate * passed);
        bytes = Math.min(rate, bytes + rate * passed);
    }

    /** Closes the bucket, for a second at most, whatever the debt: a shard stores a record of any size each second. */
    private void close(long now) {
        records = Math.max(records, -rate);
        bytes = Math.max(bytes, -rate);
        double wanted = Math.min(PORTION, LONGEST_CLOSED * rate) - Math.min(records, bytes);
        long opens = now + (long) (Math.min(1, wanted / rate) * SECOND);
        closedUntil = (opens / OPENING_INTERVAL + 1) * OPENING_INTERVAL;
    }

    /** Whether the shard has answered nothing for a minute. */
    boolean quiet(long now) {
        return now - windowAt > 60 * SECOND;
    }

    private double perSecond(long now) {
        roll(now);
        return current + previous * Math.max(0, 1 - (now - windowAt) / SECOND);
    }

    private void roll(long now) {
        if (now - windowAt >= SECOND) {
            previous = now - windowAt < 2 * SECOND ? current : 0;
            current = 0;
            windowAt = now;
        }
    }
}
