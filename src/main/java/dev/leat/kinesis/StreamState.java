package dev.leat.kinesis;

import dev.leat.PollerListener;
import dev.leat.pipeline.Lanes;
import java.time.Duration;
import java.util.List;

/**
 * What is remembered of a stream from one claim to the next: its backoff, the backoff of each lane, and its {@link ShardRateLimiters}.
 * A stream that fails whole requests backs off, and so does a lane of which Kinesis stores nothing. Without this memory each new claim
 * would begin by sending what was just throttled. Claims that are published at the same time share it.
 */
final class StreamState {

    /**
     * A stream that has not answered yet does not get everything at once. If its shards are at their limits, all requests sent before
     * the first answer would be throttled.
     */
    private static final int FIRST_WINDOW = 2;

    private static final long UNUSED_NANOS = Duration.ofSeconds(10).toNanos();

    private final Backoff.Policy policy;
    private final Backoff backoff;
    private final Backoff[] laneBackoffs = new Backoff[Lanes.COUNT];
    private Lanes failingLanes = Lanes.NONE;
    private final ShardRateLimiters shards;
    private volatile boolean accepted;
    private volatile long answeredAt = -UNUSED_NANOS - 1;
    private volatile int window = FIRST_WINDOW;

    StreamState(Backoff.Policy policy, ShardMap.Source shardMap) {
        this.policy = policy;
        this.backoff = new Backoff(policy);
        this.shards = new ShardRateLimiters(shardMap);
        for (int lane = 0; lane < laneBackoffs.length; lane++) {
            laneBackoffs[lane] = new Backoff(policy);
        }
    }

    Backoff.Policy policy() {
        return policy;
    }

    /** The backoff of the whole stream. */
    Backoff backoff() {
        return backoff;
    }

    Backoff laneBackoff(int lane) {
        return laneBackoffs[lane];
    }

    ShardRateLimiters shards() {
        return shards;
    }

    /**
     * The number of requests of a claim that may be under way. It grows by one with each answer, and is small again after a request that
     * failed as a whole.
     */
    int window() {
        return window;
    }

    /**
     * Takes in what the answer to a request says of the stream and its shards.
     *
     * @return the lanes that are healthy: Kinesis stored a record of them, or of another lane in their shard
     */
    Lanes answered(Request request, List<PutRecordsClient.EntryResult> results, PollerListener listener, long now) {
        Lanes stored = Lanes.NONE;
        boolean whole = true;
        for (int entry = 0; entry < request.size(); entry++) {
            if (results.get(entry).errorCode() == null) {
                stored = stored.with(request.queue(entry).lane());
            } else {
                whole = false;
            }
        }
        for (ShardRateLimiters.Usage usage : shards.answered(request, results, now)) {
            listener.shardUsed(request.stream(), usage.shard(), usage.records(), usage.bytes(), usage.throttled());
        }
        synchronized (this) {
            answeredAt = now;
            window = Math.min(window + 1, PublishSettings.MOST_IN_FLIGHT);
            Lanes healthy = whole && failingLanes.isEmpty() ? stored : shards.withNeighbours(stored);
            if (!stored.isEmpty()) {
                stored(healthy, request.sentAt());
            }
            return healthy;
        }
    }

    /** A request failed as a whole, or its answer was lost. */
    synchronized void failed(Failure failure, long sentAt, long now) {
        window = FIRST_WINDOW;
        backoff.failed(failure, sentAt, now);
    }

    /** Kinesis stored no record of a lane. */
    synchronized void laneFailed(int lane, Failure failure, long sentAt, long now) {
        failingLanes = failingLanes.with(lane);
        laneBackoffs[lane].failed(failure, sentAt, now);
    }

    /**
     * Kinesis stored records.
     *
     * @param healthy the lanes whose backoff ends
     * @param sentAt when the request was sent
     */
    synchronized void stored(Lanes healthy, long sentAt) {
        accepted = true;
        backoff.succeeded(sentAt);
        for (int lane : failingLanes.and(healthy).numbers().toArray()) {
            laneBackoffs[lane].succeeded(sentAt);
            if (!laneBackoffs[lane].failing()) {
                failingLanes = failingLanes.without(lane);
            }
        }
    }

    /** Whether the stream ever accepted a record. Until then a refusal is the stream's fault, not an event's. */
    boolean hasAccepted() {
        return accepted;
    }

    /** Whether the stream has answered within the last seconds. */
    boolean answeredLately(long now) {
        return now - answeredAt <= UNUSED_NANOS;
    }
}
