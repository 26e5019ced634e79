package dev.leat.kinesis;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The open shards of a stream by the upper half of the hash keys where they begin: a record within 2^64 of a boundary may be
 * taken for its neighbour's. Lanes are the 64 equal parts of the same space, so most shards hold whole lanes; where a
 * boundary cuts one, a record's own hash decides. Immutable.
 */
final class ShardMap {

    private static final int LANES = 64;

    private final TreeMap<Long, String> byStart = new TreeMap<>(Long::compareUnsigned);
    private final List<List<String>> byLane = new ArrayList<>(LANES);

    /**
     * @param starts of each shard's range, by shard
     */
    ShardMap(Map<String, BigInteger> starts) {
        starts.forEach((shard, start) -> byStart.put(upper(start), shard));
        for (int lane = 0; lane < LANES; lane++) {
            byLane.add(List.copyOf(find(lane)));
        }
    }

    boolean has(String shard) {
        return byStart.containsValue(shard);
    }

    /** The shards of a lane, one or several; none if nothing is known of it. */
    List<String> ofLane(int lane) {
        return byLane.get(lane);
    }

    private List<String> find(int lane) {
        long first = (long) lane << 58;
        Map.Entry<Long, String> holder = byStart.floorEntry(first);
        List<String> shards = new ArrayList<>();
        if (holder != null) {
            shards.add(holder.getValue());
        }
        shards.addAll(byStart.subMap(first, false, first + (1L << 58) - 1, true).values());
        return shards;
    }

    /** The shard that an entry goes to by its hash. */
    String of(Entry entry) {
        String explicit = entry.explicitHashKey();
        long hash = explicit == null ? md5(entry.partitionKey()) : upper(new BigInteger(explicit));
        Map.Entry<Long, String> holder = byStart.floorEntry(hash);
        return holder == null ? byStart.firstEntry().getValue() : holder.getValue();
    }

    private static long upper(BigInteger hash) {
        return hash.shiftRight(64).longValue();
    }

    private static long md5(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
