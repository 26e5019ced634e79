package dev.leat.kinesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shards of one stream: which of them takes a record, and at what pace. Answers tell the shard of what they acknowledge;
 * the shard of what was refused follows from its lane, or from its hash where a shard's boundary cuts the lane. Shared by
 * claims that are published at the same time, so synchronised; while nothing was refused, sending does not come here.
 */
final class ShardRateLimiters {

    /** The code by which a shard says that it is over its limit. */
    static final String OVER_LIMIT = "ProvisionedThroughputExceededException";

    private static final long BETWEEN_LISTINGS = Duration.ofSeconds(5).toNanos();

    private final ShardListing listing;
    private final Map<String, ShardRateLimiter> byId = new HashMap<>();
    private final @Nullable ShardRateLimiter[] byLane = new ShardRateLimiter[64];
    private final List<ShardRateLimiter> told = new ArrayList<>();
    private @Nullable ShardMap ranges;
    private long listAgainAt;
    private volatile boolean limited;

    ShardRateLimiters(ShardListing listing) {
        this.listing = listing;
    }

    /**
     * What an answer said of one shard.
     *
     * @param refused entries, being over its limit
     */
    record Use(String shard, int records, long bytes, int refused) {}

    /** When an entry of that lane may leave; not after {@code now}: at once. */
    long opensAt(int lane, Entry entry, long now) {
        return limited ? opensAtLimited(lane, entry, now) : 0;
    }

    private synchronized long opensAtLimited(int lane, Entry entry, long now) {
        ShardRateLimiter pace = of(lane, entry, now);
        return pace == null ? 0 : pace.opensAt(now);
    }

    /** An entry leaves. */
    void take(int lane, Entry entry, long now) {
        if (limited) {
            takeLimited(lane, entry, now);
        }
    }

    private synchronized void takeLimited(int lane, Entry entry, long now) {
        ShardRateLimiter pace = of(lane, entry, now);
        if (pace != null) {
            pace.take(entry.bytes(), now);
        }
    }

    /** Takes in the answer to a request, and returns what it said of each shard. */
    synchronized List<Use> answered(Request flight, Reply reply, long now) {
        int refusals = 0;
        for (int entry = 0; entry < flight.size(); entry++) {
            String code = reply.errorCode(entry);
            if (code == null) {
                ShardRateLimiter pace = toldOf(flight.member(entry).lane(), reply.shardId(entry), now);
                note(pace);
                pace.acceptedRecords++;
                pace.acceptedBytes += flight.entry(entry).bytes();
            } else if (code.equals(OVER_LIMIT)) {
                refusals++;
            }
        }
        for (int entry = 0; refusals > 0 && entry < flight.size(); entry++) {
            boolean overLimit = OVER_LIMIT.equals(reply.errorCode(entry));
            ShardRateLimiter pace = overLimit ? of(flight.member(entry).lane(), flight.entry(entry), now) : null;
            if (pace != null) {
                note(pace);
                pace.refusedRecords++;
                pace.refusedBytes += flight.entry(entry).bytes();
            }
        }
        return learn(flight.leftAt(), now);
    }

    private void note(ShardRateLimiter pace) {
        if (pace.acceptedRecords == 0 && pace.refusedRecords == 0) {
            told.add(pace);
        }
    }

    private List<Use> learn(long leftAt, long now) {
        List<Use> uses = new ArrayList<>(told.size());
        for (ShardRateLimiter pace : told) {
            pace.accepted(pace.acceptedRecords, pace.acceptedBytes, now);
            // A shard that takes nothing at all is not at its limit but in trouble, and its lanes rest.
            if (pace.refusedRecords > 0 && pace.acceptedRecords > 0) {
                pace.refused(pace.refusedRecords, pace.refusedBytes, leftAt, now);
                if (!limited) {
                    limited = true;
                    list(now);
                }
            }
            uses.add(new Use(pace.id(), pace.acceptedRecords, pace.acceptedBytes, pace.refusedRecords));
            pace.acceptedRecords = 0;
            pace.acceptedBytes = 0;
            pace.refusedRecords = 0;
            pace.refusedBytes = 0;
        }
        told.clear();
        if (limited) {
            limited = byId.values().stream().anyMatch(ShardRateLimiter::limited);
        }
        return uses;
    }

    /** Adds to some lanes those that are in the same shards. */
    synchronized long withNeighbours(long lanes) {
        long all = lanes;
        for (int lane = 0; lane < 64; lane++) {
            ShardRateLimiter pace = byLane[lane];
            if (pace != null && (lanes & 1L << lane) != 0) {
                for (int other = 0; other < 64; other++) {
                    all |= byLane[other] == pace ? 1L << other : 0;
                }
            }
        }
        return all;
    }

    /** The lanes whose every shard is exhausted for the moment, a bit for each. */
    long exhausted(long now) {
        return limited ? exhaustedLimited(now) : 0;
    }

    private synchronized long exhaustedLimited(long now) {
        long lanes = 0;
        for (int lane = 0; lane < 64; lane++) {
            List<String> shards = ranges == null ? List.of() : ranges.ofLane(lane);
            ShardRateLimiter pace = byLane[lane];
            boolean exhausted = shards.size() > 1
                    ? shards.stream().allMatch(shard -> of(shard, pace, now).opensAt(now) > now)
                    : pace != null && pace.opensAt(now) > now;
            lanes |= exhausted ? 1L << lane : 0;
        }
        return lanes;
    }

    /** The pace of each shard known, as a share of a shard; infinite where nothing was refused. */
    synchronized Map<String, Double> rates() {
        Map<String, Double> rates = new HashMap<>();
        byId.forEach((shard, pace) -> rates.put(shard, pace.rate()));
        return rates;
    }

    /** Null if nothing is known of where the entry goes. */
    private @Nullable ShardRateLimiter of(int lane, Entry entry, long now) {
        ShardRateLimiter last = byLane[lane];
        if (ranges != null && (last == null || ranges.ofLane(lane).size() > 1)) {
            return of(ranges.of(entry), last, now);
        }
        return last;
    }

    private ShardRateLimiter of(String shard, @Nullable ShardRateLimiter last, long now) {
        ShardRateLimiter known = byId.get(shard);
        if (known == null) {
            // Those that were split or merged, where no listing says so.
            byId.values()
                    .removeIf(pace -> pace.quiet(now) && !Arrays.asList(byLane).contains(pace));
            known = new ShardRateLimiter(shard, last, now);
            byId.put(shard, known);
        }
        return known;
    }

    private ShardRateLimiter toldOf(int lane, String shard, long now) {
        ShardRateLimiter last = byLane[lane];
        if (last != null && last.id().equals(shard)) {
            return last;
        }
        if (limited && ranges != null && !ranges.has(shard)) {
            // The stream was resharded.
            ranges = null;
            list(now);
        }
        ShardRateLimiter pace = of(shard, last, now);
        byLane[lane] = pace;
        return pace;
    }

    private void list(long now) {
        if (now >= listAgainAt) {
            listAgainAt = now + BETWEEN_LISTINGS;
            listing.ask(this::listed);
        }
    }

    private synchronized void listed(ShardMap found) {
        ranges = found;
        byId.keySet().removeIf(shard -> !found.has(shard));
        for (int lane = 0; lane < 64; lane++) {
            ShardRateLimiter pace = byLane[lane];
            if (pace != null && !Objects.equals(byId.get(pace.id()), pace)) {
                byLane[lane] = null;
            }
        }
    }
}
