package dev.leat.reconcile;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.Shard;

/**
 * Markers that a reader publishes and waits for. There is one in each lane, which reach every shard that a poller with aggregation
 * writes to, and one in each open shard, for pollers without.
 */
final class ReaderMarkers {

    /** A stream has a few thousand shards at most; the narrowest has 2^128 of the hash space divided by 64 times as many. */
    private static final int MOST_TRIES = 2_000_000;

    private final List<String> keys = new ArrayList<>();
    private final Set<String> awaited = new HashSet<>();

    ReaderMarkers(List<Shard> shards) {
        String run = UUID.randomUUID().toString();
        Set<Integer> lanes = new HashSet<>();
        List<HashKeyRange> ranges =
                new ArrayList<>(shards.stream().map(Shard::hashKeyRange).toList());
        for (int i = 0; (lanes.size() < 64 || !ranges.isEmpty()) && i < MOST_TRIES; i++) {
            String key = "leat-reconcile/" + run + "/" + i;
            BigInteger hash = hash(key);
            boolean newLane = lanes.add(hash.shiftRight(122).intValue());
            boolean newShard = ranges.removeIf(range -> new BigInteger(range.startingHashKey()).compareTo(hash) <= 0
                    && new BigInteger(range.endingHashKey()).compareTo(hash) >= 0);
            if (newLane || newShard) {
                keys.add(key);
                awaited.add(key);
            }
        }
    }

    private static BigInteger hash(String key) {
        try {
            return new BigInteger(1, MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    /** Their partition keys. */
    List<String> keys() {
        return List.copyOf(keys);
    }

    /** Notes that one was read. Returns whether it is one of these. */
    boolean read(String partitionKey) {
        return awaited.remove(partitionKey);
    }

    boolean allRead() {
        return awaited.isEmpty();
    }

    int missing() {
        return awaited.size();
    }
}
