package dev.leat.maintenance;

import dev.leat.PollerListener;
import dev.leat.database.StatementRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/**
 * What each shard took from this poller and refused over the last minute, written to {@code leat_internal.shard_use} now and then for
 * {@code leat status}. Counts are kept in slots of five seconds, of which the last twelve count.
 */
public final class ShardUses implements PollerListener {

    private static final long SLOT = TimeUnit.SECONDS.toNanos(5);
    private static final int SLOTS = 12;

    private final StatementRunner database;
    private final UUID poller;
    private final LongSupplier nanoTime;
    private final long origin;
    private final ConcurrentHashMap<ShardKey, Minute> shards = new ConcurrentHashMap<>();

    /** Whether the database has rows of this poller. */
    private boolean written;

    /**
     * @param nanoTime the monotonic clock
     */
    public ShardUses(DataSource database, UUID poller, LongSupplier nanoTime) {
        this.database = new StatementRunner(database);
        this.poller = poller;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
    }

    private record ShardKey(String stream, String id) {}

    private record Sums(long records, long bytes, long refused) {}

    /** The last minute of one shard. */
    private static final class Minute {

        private final long[] number = new long[SLOTS];
        private final long[] records = new long[SLOTS];
        private final long[] bytes = new long[SLOTS];
        private final long[] refused = new long[SLOTS];

        synchronized void add(long slot, int moreRecords, long moreBytes, int moreRefused) {
            int at = (int) (slot % SLOTS);
            if (number[at] != slot) {
                number[at] = slot;
                records[at] = 0;
                bytes[at] = 0;
                refused[at] = 0;
            }
            records[at] += moreRecords;
            bytes[at] += moreBytes;
            refused[at] += moreRefused;
        }

        synchronized Sums sums(long slot) {
            long allRecords = 0;
            long allBytes = 0;
            long allRefused = 0;
            for (int at = 0; at < SLOTS; at++) {
                if (number[at] > slot - SLOTS) {
                    allRecords += records[at];
                    allBytes += bytes[at];
                    allRefused += refused[at];
                }
            }
            return new Sums(allRecords, allBytes, allRefused);
        }
    }

    @Override
    public void shardUsed(String stream, String shardId, int records, long bytes, int refused) {
        shards.computeIfAbsent(new ShardKey(stream, shardId), shard -> new Minute())
                .add(slot(), records, bytes, refused);
    }

    /** The first is 1, so that an array of zeros holds none. */
    private long slot() {
        return (nanoTime.getAsLong() - origin) / SLOT + 1;
    }

    /**
     * Writes the sums of the last minute. The rows of shards that were not used within it, and of pollers that are gone, are deleted then. If
     * no shard was used, this is done once.
     */
    public void flush() {
        long slot = slot();
        List<ShardKey> used = new ArrayList<>();
        List<Sums> sums = new ArrayList<>();
        shards.forEach((shard, minute) -> {
            Sums sum = minute.sums(slot);
            if (sum.records() + sum.refused() > 0) {
                used.add(shard);
                sums.add(sum);
            }
        });
        if (used.isEmpty() && !written) {
            return;
        }
        written = !used.isEmpty();
        double seconds = Math.max(
                1, Math.min(TimeUnit.NANOSECONDS.toSeconds(SLOTS * SLOT), (nanoTime.getAsLong() - origin) / 1e9));
        database.call(
                "SELECT leat_poller.note_shards(?, ?, ?, ?, ?, ?, ?)",
                poller,
                seconds,
                used.stream().map(ShardKey::stream).toArray(String[]::new),
                used.stream().map(ShardKey::id).toArray(String[]::new),
                sums.stream().map(Sums::records).toArray(Long[]::new),
                sums.stream().map(Sums::bytes).toArray(Long[]::new),
                sums.stream().map(Sums::refused).toArray(Long[]::new));
    }
}
