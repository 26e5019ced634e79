package dev.leat.kinesis;

import dev.leat.pipeline.Lanes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rate limiters of one stream's shards, and which of them an entry belongs to. An answer names the shard of each entry that was
 * stored. The shard of a throttled entry follows from its lane, or from its hash where a shard's boundary cuts the lane. Claims that are
 * published at the same time share this object, so it is synchronised. As long as no shard has throttled anything, sending does not
 * come here.
 */
final class ShardRateLimiters {

    /** The error code of a shard that is over its limit. */
    private static final String OVER_LIMIT = "ProvisionedThroughputExceededException";

    private static final long BETWEEN_SHARD_MAPS = Duration.ofSeconds(5).toNanos();

    private final ShardMap.Source source;
    private final Map<String, ShardRateLimiter> byShard = new HashMap<>();
    private final @Nullable ShardRateLimiter[] byLane = new ShardRateLimiter[Lanes.COUNT];
    private final List<ShardRateLimiter> answered = new ArrayList<>();
    private @Nullable ShardMap shardMap;
    private long askAgainAt;
    private volatile boolean limited;

    ShardRateLimiters(ShardMap.Source source) {
        this.source = source;
    }

    /**
     * What one answer says of one shard.
     *
     * @param records the number of records stored
     * @param bytes their data and partition keys
     * @param throttled the number of entries not stored, because the shard is over its limit
     */
    record Usage(String shard, int records, long bytes, int throttled) {}

    /** When an entry of a lane may be sent; not after {@code now}: at once. */
    long availableAt(int lane, RequestEntry entry, long now) {
        return limited ? availableAtLimited(lane, entry, now) : 0;
    }

    private synchronized long availableAtLimited(int lane, RequestEntry entry, long now) {
        ShardRateLimiter limiter = of(lane, entry, now);
        return limiter == null ? 0 : limiter.availableAt(now);
    }

    /** An entry of a lane is sent. */
    void consume(int lane, RequestEntry entry, long now) {
        if (limited) {
            consumeLimited(lane, entry, now);
        }
    }

    private synchronized void consumeLimited(int lane, RequestEntry entry, long now) {
        ShardRateLimiter limiter = of(lane, entry, now);
        if (limiter != null) {
            limiter.consume(entry.bytes(), now);
        }
    }

    /** Takes in the answer to a request. Returns what it says of each shard. */
    synchronized List<Usage> answered(Request request, List<PutRecordsClient.EntryResult> results, long now) {
        int throttled = 0;
        for (int entry = 0; entry < request.size(); entry++) {
            String code = results.get(entry).errorCode();
            if (code == null) {
                ShardRateLimiter limiter =
                        ofAnswer(request.queue(entry).lane(), results.get(entry).shard(), now);
                note(limiter);
                limiter.storedRecords++;
                limiter.storedBytes += request.entry(entry).bytes();
            } else if (code.equals(OVER_LIMIT)) {
                throttled++;
            }
        }
        for (int entry = 0; throttled > 0 && entry < request.size(); entry++) {
            boolean overLimit = OVER_LIMIT.equals(results.get(entry).errorCode());
            ShardRateLimiter limiter = overLimit ? of(request.queue(entry).lane(), request.entry(entry), now) : null;
            if (limiter != null) {
                note(limiter);
                limiter.throttledRecords++;
                limiter.throttledBytes += request.entry(entry).bytes();
            }
        }
        return learn(request.sentAt(), now);
    }

    private void note(ShardRateLimiter limiter) {
        if (limiter.storedRecords == 0 && limiter.throttledRecords == 0) {
            answered.add(limiter);
        }
    }

    private List<Usage> learn(long sentAt, long now) {
        List<Usage> usages = new ArrayList<>(answered.size());
        for (ShardRateLimiter limiter : answered) {
            limiter.stored(limiter.storedRecords, limiter.storedBytes, now);
            // A shard that stores nothing at all is not at its limit. It fails, and its lanes back off.
            if (limiter.throttledRecords > 0 && limiter.storedRecords > 0) {
                limiter.throttled(limiter.throttledRecords, limiter.throttledBytes, sentAt, now);
                if (!limited) {
                    limited = true;
                    askForShardMap(now);
                }
            }
            usages.add(
                    new Usage(limiter.shard(), limiter.storedRecords, limiter.storedBytes, limiter.throttledRecords));
            limiter.storedRecords = 0;
            limiter.storedBytes = 0;
            limiter.throttledRecords = 0;
            limiter.throttledBytes = 0;
        }
        answered.clear();
        if (limited) {
            limited = byShard.values().stream().anyMatch(ShardRateLimiter::limited);
        }
        return usages;
    }

    /** Adds to a set of lanes the lanes that are in the same shards. */
    synchronized Lanes withNeighbours(Lanes lanes) {
        Lanes all = lanes;
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            ShardRateLimiter limiter = byLane[lane];
            if (limiter != null && lanes.contains(lane)) {
                for (int other = 0; other < Lanes.COUNT; other++) {
                    all = byLane[other] == limiter ? all.with(other) : all;
                }
            }
        }
        return all;
    }

    /** The lanes whose every shard has an empty bucket now. */
    Lanes exhaustedLanes(long now) {
        return limited ? exhaustedLanesLimited(now) : Lanes.NONE;
    }

    private synchronized Lanes exhaustedLanesLimited(long now) {
        Lanes lanes = Lanes.NONE;
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            List<String> shards = shardMap == null ? List.of() : shardMap.ofLane(lane);
            ShardRateLimiter limiter = byLane[lane];
            boolean exhausted = shards.size() > 1
                    ? shards.stream().allMatch(shard -> of(shard, limiter, now).availableAt(now) > now)
                    : limiter != null && limiter.availableAt(now) > now;
            lanes = exhausted ? lanes.with(lane) : lanes;
        }
        return lanes;
    }

    /** Null if the shard of the entry is not known. */
    private @Nullable ShardRateLimiter of(int lane, RequestEntry entry, long now) {
        ShardRateLimiter last = byLane[lane];
        if (shardMap != null && (last == null || shardMap.ofLane(lane).size() > 1)) {
            return of(shardMap.of(entry), last, now);
        }
        return last;
    }

    private ShardRateLimiter of(String shard, @Nullable ShardRateLimiter last, long now) {
        ShardRateLimiter known = byShard.get(shard);
        if (known == null) {
            // Without a shard map, nothing else tells which shards were split or merged.
            byShard.values()
                    .removeIf(limiter ->
                            limiter.quiet(now) && !Arrays.asList(byLane).contains(limiter));
            known = new ShardRateLimiter(shard, last, now);
            byShard.put(shard, known);
        }
        return known;
    }

    private ShardRateLimiter ofAnswer(int lane, String shard, long now) {
        ShardRateLimiter last = byLane[lane];
        if (last != null && last.shard().equals(shard)) {
            return last;
        }
        if (limited && shardMap != null && !shardMap.has(shard)) {
            // The stream was resharded.
            shardMap = null;
            askForShardMap(now);
        }
        ShardRateLimiter limiter = of(shard, last, now);
        byLane[lane] = limiter;
        return limiter;
    }

    private void askForShardMap(long now) {
        if (now >= askAgainAt) {
            askAgainAt = now + BETWEEN_SHARD_MAPS;
            source.ask(this::shardMapRead);
        }
    }

    private synchronized void shardMapRead(ShardMap read) {
        shardMap = read;
        byShard.keySet().removeIf(shard -> !read.has(shard));
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            ShardRateLimiter limiter = byLane[lane];
            if (limiter != null && !Objects.equals(byShard.get(limiter.shard()), limiter)) {
                byLane[lane] = null;
            }
        }
    }
}
