package dev.leat.kinesis;

import dev.leat.PollerListener;
import java.time.Duration;

/**
 * What is remembered of a stream from one claim to the next, so that a new claim does not start over against a stream, or a
 * part of one, that has just refused. {@link ShardRateLimiters} has the pace of each shard; what is here is for trouble: a stream
 * that refuses whole requests rests, and so does a lane of which nothing is taken. Shared by claims that are published at the
 * same time.
 */
final class StreamState {

    /**
     * A stream that has taken nothing yet is not sent everything at once: if its shards are at their limits, whatever leaves
     * before the first answer is refused.
     */
    private static final int FIRST_WINDOW = 2;

    private static final long UNUSED_NANOS = Duration.ofSeconds(10).toNanos();

    private final Backoff whole = new Backoff();
    private final Backoff[] lanes = new Backoff[64];
    private long troubledLanes;
    private final ShardRateLimiters shards;
    private volatile boolean accepted;
    private volatile long answeredAt = -UNUSED_NANOS - 1;
    private volatile int window = FIRST_WINDOW;

    /** One that cannot ask for the stream's shards. */
    StreamState() {
        this(ShardListing.NONE);
    }

    StreamState(ShardListing listing) {
        shards = new ShardRateLimiters(listing);
        for (int lane = 0; lane < lanes.length; lane++) {
            lanes[lane] = new Backoff();
        }
    }

    Backoff whole() {
        return whole;
    }

    ShardRateLimiters shards() {
        return shards;
    }

    /**
     * How many requests of a claim may be under way: one more with each that is answered, and few again after one that was
     * refused as a whole.
     */
    int window() {
        return window;
    }

    /**
     * Takes in what a request's answer says of the stream and its shards.
     *
     * @return the lanes that are not in trouble, a bit for each: something was taken of them, or of another in their shard
     */
    long answered(Request flight, Reply reply, PollerListener listener, long now) {
        long served = 0;
        boolean whole = true;
        for (int entry = 0; entry < flight.size(); entry++) {
            if (reply.errorCode(entry) == null) {
                served |= 1L << flight.member(entry).lane();
            } else {
                whole = false;
            }
        }
        for (ShardRateLimiters.Use use : shards.answered(flight, reply, now)) {
            listener.shardUsed(flight.stream(), use.shard(), use.records(), use.bytes(), use.refused());
        }
        synchronized (this) {
            answeredAt = now;
            window = Math.min(window + 1, PublishSettings.MOST_IN_FLIGHT);
            long sound = whole && troubledLanes == 0 ? served : shards.withNeighbours(served);
            if (served != 0) {
                accepted(sound, flight.leftAt());
            }
            return sound;
        }
    }

    /** A request was refused as a whole, or no answer came. */
    synchronized void failed(RetryPolicy policy, Failure failure, long leftAt, long now) {
        window = FIRST_WINDOW;
        whole.failed(policy, failure, leftAt, now);
    }

    /** Whether anything was answered within the last seconds. */
    boolean usedLately(long now) {
        return now - answeredAt <= UNUSED_NANOS;
    }

    Backoff lane(int lane) {
        return lanes[lane];
    }

    synchronized void laneFailed(int lane, RetryPolicy policy, Failure failure, long leftAt, long now) {
        troubledLanes |= 1L << lane;
        lanes[lane].failed(policy, failure, leftAt, now);
    }

    /**
     * The stream took records.
     *
     * @param served the lanes of those records, a bit for each
     * @param leftAt when the request was sent
     */
    synchronized void accepted(long served, long leftAt) {
        accepted = true;
        whole.succeeded(leftAt);
        for (long left = troubledLanes & served; left != 0; left &= left - 1) {
            int lane = Long.numberOfTrailingZeros(left);
            lanes[lane].succeeded(leftAt);
            if (!lanes[lane].troubled()) {
                troubledLanes &= ~(1L << lane);
            }
        }
    }

    /** Whether it ever took a record. Until then it is suspected before any event is. */
    boolean hasAccepted() {
        return accepted;
    }
}
