package dev.leat.localstream;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selects the shards that ListShards lists.
 *
 * @param shardId for AFTER_SHARD_ID
 * @param timestamp for AT_TIMESTAMP and FROM_TIMESTAMP, in milliseconds since the epoch
 */
record ShardFilter(String type, String shardId, long timestamp) {

    static final ShardFilter ALL = new ShardFilter("ALL", "", 0);

    static ShardFilter of(@Nullable Input filter) {
        if (filter == null) {
            return ALL;
        }
        String type = filter.requiredText("Type", 1, 64, null);
        String shardId = filter.text("ShardId", 1, 128, Streams.NAME);
        Long timestamp = filter.millis("Timestamp");
        switch (type) {
            case "AFTER_SHARD_ID" -> requireGiven(type, "ShardId", shardId);
            case "AT_TIMESTAMP", "FROM_TIMESTAMP" -> requireGiven(type, "Timestamp", timestamp);
            case "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST" -> {}
            default -> throw ServiceError.validation("ShardFilter.Type " + type + " is not known");
        }
        return new ShardFilter(type, shardId == null ? "" : shardId, timestamp == null ? 0 : timestamp);
    }

    private static void requireGiven(String type, String name, @Nullable Object value) {
        if (value == null) {
            throw ServiceError.invalid("A ShardFilter " + type + " needs a " + name);
        }
    }

    /** The selected shards of the stream. The caller holds the stream's monitor. */
    List<Shard> apply(KinesisStream stream, long now) {
        long horizon = now - stream.retentionHours() * 3_600_000L;
        return switch (type) {
            case "AFTER_SHARD_ID" -> after(stream.shards(), shardId);
            case "AT_TRIM_HORIZON" -> stream.openAt(horizon);
            case "AT_TIMESTAMP" -> stream.openAt(Math.max(timestamp, horizon));
            case "FROM_TIMESTAMP" -> closedNotBefore(stream.shards(), Math.max(timestamp, horizon));
            case "AT_LATEST" -> List.copyOf(stream.openShards());
            default -> List.copyOf(stream.shards());
        };
    }

    /** The shards that follow that one in the order of their ids. */
    static List<Shard> after(Collection<Shard> shards, String shardId) {
        return shards.stream().filter(s -> s.id().compareTo(shardId) > 0).toList();
    }

    private static List<Shard> closedNotBefore(Collection<Shard> shards, long millis) {
        List<Shard> later = new ArrayList<>();
        for (Shard shard : shards) {
            if (shard.closedAt() >= millis) {
                later.add(shard);
            }
        }
        return later;
    }
}
