package dev.leat.localstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One shard: its range of the hash space, its parents and children, its records. Guarded by the stream's lock. */
final class Shard {

    /** The limits of the service for a shard in a second. */
    private static final double READ_BYTES = 2 << 20;

    private static final double READ_CALLS = 5;

    private final String id;
    private final String prefix;
    private final HashKey start;
    private final HashKey end;
    private final @Nullable String parent;
    private final @Nullable String adjacentParent;
    private final long createdAt;
    private final ShardLog log = new ShardLog();
    private final List<Shard> children = new ArrayList<>();
    private final TokenBucket readBytes;
    private final TokenBucket readCalls;
    private @Nullable WriteLimits limits;
    private TokenBucket writeBytes;
    private TokenBucket writeRecords;
    private long bytes;
    private long refused;
    private long refusedBytes;
    private long closedAt = Long.MAX_VALUE;

    Shard(int ordinal, HashKey start, HashKey end, @Nullable Shard parent, @Nullable Shard adjacent, long createdAt) {
        this.id = String.format(Locale.ROOT, "shardId-%012d", ordinal);
        this.prefix = SequenceNumber.prefix(createdAt, ordinal);
        this.start = start;
        this.end = end;
        this.parent = parent == null ? null : parent.id;
        this.adjacentParent = adjacent == null ? null : adjacent.id;
        this.createdAt = createdAt;
        this.writeBytes = new TokenBucket(0, createdAt);
        this.writeRecords = new TokenBucket(0, createdAt);
        this.readBytes = new TokenBucket(READ_BYTES, createdAt);
        this.readCalls = new TokenBucket(READ_CALLS, createdAt);
    }

    String id() {
        return id;
    }

    HashKey start() {
        return start;
    }

    HashKey end() {
        return end;
    }

    @Nullable
    String parent() {
        return parent;
    }

    @Nullable
    String adjacentParent() {
        return adjacentParent;
    }

    long createdAt() {
        return createdAt;
    }

    /** When it was split or merged, in milliseconds since the epoch; {@link Long#MAX_VALUE} while it is open. */
    long closedAt() {
        return closedAt;
    }

    boolean open() {
        return closedAt == Long.MAX_VALUE;
    }

    List<Shard> children() {
        return children;
    }

    ShardLog log() {
        return log;
    }

    String startingSequenceNumber() {
        return SequenceNumber.of(prefix, 0);
    }

    /** Greater than the last record's; null while the shard is open. */
    @Nullable
    String endingSequenceNumber() {
        return open() ? null : SequenceNumber.of(prefix, log.next());
    }

    String sequenceNumber(long count) {
        return SequenceNumber.of(prefix, count);
    }

    /** The record's number in this shard that a sequence number means, or -1. */
    long count(String sequenceNumber) {
        return SequenceNumber.count(prefix, sequenceNumber);
    }

    void close(long now, List<Shard> heirs) {
        closedAt = now;
        children.addAll(heirs);
    }

    /**
     * Counts a record, and takes it from the token buckets if they have enough. When the limits change, the buckets begin full.
     *
     * @param current null: there are none
     */
    boolean admitWrite(@Nullable WriteLimits current, int size, long now) {
        if (current != null) {
            if (!current.equals(limits)) {
                writeBytes = new TokenBucket(current.bytesPerSecond(), now);
                writeRecords = new TokenBucket(current.recordsPerSecond(), now);
            }
            if (!writeBytes.allows(size, now) || !writeRecords.allows(1, now)) {
                limits = current;
                refused++;
                refusedBytes += size;
                return false;
            }
            writeBytes.take(size);
            writeRecords.take(1);
        }
        limits = current;
        bytes += size;
        return true;
    }

    ShardUse use() {
        return new ShardUse(id, open(), log.next() - 1, bytes, refused, refusedBytes);
    }

    /** Whether a read may begin now; what it returned is counted afterwards by {@link #countRead}. */
    boolean admitRead(long now) {
        if (!readCalls.allows(1, now) || !readBytes.allows(1, now)) {
            return false;
        }
        readCalls.take(1);
        return true;
    }

    void countRead(long bytes) {
        readBytes.take(bytes);
    }
}
