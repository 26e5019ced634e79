package dev.leat.localstream;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One stream: its settings, its shards and their records. Every method that touches them is to be called while holding the
 * monitor of this object; {@link #name}, {@link #arn} and {@link #createdAt} never change.
 */
final class KinesisStream {

    enum Mode {
        PROVISIONED,
        ON_DEMAND
    }

    enum Status {
        CREATING,
        UPDATING,
        DELETING,
        ACTIVE
    }

    private final String name;
    private final String arn;
    private final long createdAt;
    private final long maxBytes;
    private final Map<String, Shard> shards = new LinkedHashMap<>();
    private final TreeMap<HashKey, Shard> open = new TreeMap<>();
    private final Map<String, String> tags = new LinkedHashMap<>();
    private Mode mode;
    private int maxRecordKib;
    private int retentionHours = 24;
    private Status transition = Status.CREATING;
    private long settledAt;
    private int nextOrdinal;
    private long bytes;
    private volatile long arrived;
    private volatile long trimmed;

    KinesisStream(String name, String arn, Mode mode, int maxRecordKib, long maxBytes, long createdAt, long settledAt) {
        this.name = name;
        this.arn = arn;
        this.mode = mode;
        this.maxRecordKib = maxRecordKib;
        this.maxBytes = maxBytes;
        this.createdAt = createdAt;
        this.settledAt = settledAt;
    }

    String name() {
        return name;
    }

    String arn() {
        return arn;
    }

    long createdAt() {
        return createdAt;
    }

    Mode mode() {
        return mode;
    }

    void mode(Mode newMode) {
        mode = newMode;
    }

    Map<String, String> tags() {
        return tags;
    }

    int maxRecordKib() {
        return maxRecordKib;
    }

    void maxRecordKib(int kib) {
        maxRecordKib = kib;
    }

    int retentionHours() {
        return retentionHours;
    }

    void retentionHours(int hours) {
        retentionHours = hours;
    }

    /** Sets the status of the stream until a time in milliseconds since the epoch. */
    void become(Status status, long until) {
        transition = status;
        settledAt = until;
    }

    Status status(long now) {
        return now < settledAt ? transition : Status.ACTIVE;
    }

    boolean deleted(long now) {
        return transition == Status.DELETING && now >= settledAt;
    }

    /** How many records ever arrived; may be read without the monitor. */
    long arrived() {
        return arrived;
    }

    /** How many records were dropped because of their age or because memory was full; may be read without the monitor. */
    long trimmed() {
        return trimmed;
    }

    Shard addShard(HashKey start, HashKey end, @Nullable Shard parent, @Nullable Shard adjacent, long now) {
        Shard shard = new Shard(nextOrdinal++, start, end, parent, adjacent, now);
        shards.put(shard.id(), shard);
        open.put(start, shard);
        return shard;
    }

    void closeShard(Shard shard, List<Shard> heirs, long now) {
        shard.close(now, heirs);
        open.remove(shard.start(), shard);
    }

    /** Every shard in the order of creation, closed ones for as long as their records are retained. */
    Collection<Shard> shards() {
        return shards.values();
    }

    /** The open shards in the order of their ranges. */
    Collection<Shard> openShards() {
        return open.values();
    }

    @Nullable
    Shard shard(String id) {
        return shards.get(id);
    }

    Shard shardFor(HashKey key) {
        return open.floorEntry(key).getValue();
    }

    /** Adds a record to that shard and returns its number there. */
    long append(Shard shard, String partitionKey, byte[] data, int size, long now) {
        long count = shard.log().next();
        var entry = new ShardLog.Entry(count, arrived, now, partitionKey, data, size);
        shard.log().append(entry);
        arrived = arrived + 1;
        bytes += entry.footprint();
        return count;
    }

    /** Drops what is older than the retention period, and the oldest records beyond the memory allowed. */
    void trim(long now) {
        long horizon = now - retentionHours * 3_600_000L;
        shards.values().forEach(shard -> trim(shard, horizon));
        shards.values().removeIf(shard -> shard.closedAt() < horizon);
        while (bytes > maxBytes) {
            Shard oldest = shardOfOldestRecord();
            if (oldest == null) {
                return;
            }
            drop(oldest);
        }
    }

    private void trim(Shard shard, long horizon) {
        ShardLog log = shard.log();
        while (log.first() < log.next() && log.get(log.first()).arrivedAt() < horizon) {
            drop(shard);
        }
    }

    private void drop(Shard shard) {
        bytes -= shard.log().removeFirst().footprint();
        trimmed = trimmed + 1;
    }

    private @Nullable Shard shardOfOldestRecord() {
        Shard oldest = null;
        long arrival = Long.MAX_VALUE;
        for (Shard shard : shards.values()) {
            ShardLog log = shard.log();
            if (log.first() < log.next() && log.get(log.first()).arrival() < arrival) {
                arrival = log.get(log.first()).arrival();
                oldest = shard;
            }
        }
        return oldest;
    }

    /** The shards whose records were kept at that time: those open then; before the stream began, those it began with. */
    List<Shard> openAt(long millis) {
        List<Shard> then = new ArrayList<>();
        for (Shard shard : shards.values()) {
            // The time of closing is not enough: the first shards may have been split within a millisecond.
            boolean open = millis < createdAt
                    ? shard.parent() == null
                    : shard.createdAt() <= millis && shard.closedAt() > millis;
            if (open) {
                then.add(shard);
            }
        }
        return then;
    }
}
