package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/**
 * How much of one shard this process allows itself, learned from what the shard refuses. Others that write to the shard do the
 * same without knowing each other; the package comment explains why they settle near its limit.
 *
 * <p>Amounts are in seconds of a shard: 1,000 records, or 1 MiB, take a shard one second, whichever is more. A rate is a share
 * of a shard. Until something is refused the rate is unlimited. Times are nanoseconds on the publisher's clock. No I/O, no clock,
 * no threads; not thread-safe.
 */
final class ShardRateLimiter {

    private static final double SECOND = 1e9;
    private static final double RECORDS_PER_SECOND = 1_000;
    private static final double BYTES_PER_SECOND = 1 << 20;

    /** A rate is never lower: twenty pollers fit in a shard, and whoever was cut down to it still asks now and then. */
    private static final double LEAST = 0.05;

    /** What the first refusal leaves, at least: the shard may have taken little only because others have just used it up. */
    private static final double FIRST = 0.25;

    /** From here on the limit counts as gone. */
    private static final double GONE = 64;

    /** How fast a rate rises, in shares a second for each second: the same for all who share a shard, which makes them equal. */
    private static final double RISE = 0.003;

    /** How fast it rises in proportion to itself, by the cube of the seconds without a refusal: a limit that is gone is left soon. */
    private static final double ACCELERATION = 0.002;

    /** How much of the rate each second's worth of refused records costs. */
    private static final double COST = 3;

    /** An exhausted shard is closed until so much may go at once, so that it does not go in many small requests. */
    private static final double PORTION = 0.05;

    private static final double LONGEST_CLOSED = 0.2;

    /** Shards open on a beat, so that their records share requests. */
    private static final long BEAT = 25_000_000;

    /** What one answer says of the shard; added up by {@link ShardRateLimiters}. */
    int acceptedRecords;

    long acceptedBytes;
    int refusedRecords;
    long refusedBytes;

    private final String id;
    private double rate = Double.POSITIVE_INFINITY;
    private double records;
    private double bytes;
    private long filledAt;
    private long closedUntil;
    private double sinceCut;
    private long cutAt;

    private long windowAt;
    private double current;
    private double previous;

    /**
     * @param parent the shard that took its place's records before: this one begins with that one's rate, since the stream has limits; null:
     *     nothing is assumed
     */
    ShardRateLimiter(String id, @Nullable ShardRateLimiter parent, long now) {
        this.id = id;
        this.windowAt = now;
        if (parent != null && parent.limited()) {
            rate = parent.rate;
            filledAt = now;
        }
    }

    String id() {
        return id;
    }

    boolean limited() {
        return rate < GONE;
    }

    /** As a share of a shard; infinite while nothing was refused. */
    double rate() {
        return rate;
    }

    /** When a record may be sent to it; not after {@code now}: at once. */
    long opensAt(long now) {
        if (!limited()) {
            return 0;
        }
        refill(now);
        return closedUntil;
    }

    /** A record leaves. Its size may exceed what is left: the debt is waited out afterwards. */
    void take(long size, long now) {
        if (!limited()) {
            return;
        }
        records -= 1 / RECORDS_PER_SECOND;
        bytes -= size / BYTES_PER_SECOND;
        if (Math.min(records, bytes) <= 0) {
            close(now);
        }
    }

    void accepted(int count, long size, long now) {
        roll(now);
        current += seconds(count, size);
    }

    /**
     * The shard is over its limit: it took a part of a request and refused so much of it.
     *
     * @param leftAt when the request was sent; of those that left before the last cut, nothing new is learned
     */
    void refused(int count, long size, long leftAt, long now) {
        if (limited() && leftAt < cutAt) {
            return;
        }
        if (limited()) {
            refill(now);
            rate = Math.max(LEAST, Math.max(rate / 2, rate - COST * seconds(count, size)));
        } else {
            rate = Math.max(FIRST, perSecond(now));
            filledAt = now;
        }
        // What was saved up is used up at the shard.
        records = Math.min(records, 0);
        bytes = Math.min(bytes, 0);
        cutAt = now;
        sinceCut = 0;
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
        // Only while the rate is what holds records back: a quiet hour teaches nothing.
        if (now - closedUntil < SECOND) {
            double before = sinceCut;
            sinceCut += passed;
            rate = (rate + RISE * passed) * Math.exp(ACCELERATION * (Math.pow(sinceCut, 3) - Math.pow(before, 3)));
        }
        // A second's worth is saved up for when the lanes of this shard are not at hand; so much the shard saves too.
        records = Math.min(rate, records + rate * passed);
        bytes = Math.min(rate, bytes + rate * passed);
    }

    /** For a second at most, whatever the debt: so often a shard takes a record however large. */
    private void close(long now) {
        records = Math.max(records, -rate);
        bytes = Math.max(bytes, -rate);
        double wanted = Math.min(PORTION, LONGEST_CLOSED * rate) - Math.min(records, bytes);
        long opens = now + (long) (Math.min(1, wanted / rate) * SECOND);
        closedUntil = (opens / BEAT + 1) * BEAT;
    }

    /** Whether nothing was heard of it for a minute. */
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
