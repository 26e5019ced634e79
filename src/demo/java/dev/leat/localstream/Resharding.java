package dev.leat.localstream;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Divides a stream's hash space: at creation, by a split, by a merge, and by UpdateShardCount. The caller holds the stream's monitor. */
final class Resharding {

    private Resharding() {}

    /** Lower bounds that divide the hash space into that many equal ranges. */
    static List<HashKey> evenBounds(int shards) {
        List<HashKey> bounds = new ArrayList<>(shards);
        for (int i = 0; i < shards; i++) {
            bounds.add(HashKey.of(HashKey.SPACE.multiply(BigInteger.valueOf(i)).divide(BigInteger.valueOf(shards))));
        }
        return bounds;
    }

    static void create(KinesisStream stream, int shards, long now) {
        List<HashKey> bounds = evenBounds(shards);
        for (int i = 0; i < shards; i++) {
            HashKey end = i + 1 < shards ? bounds.get(i + 1).previous() : HashKey.MAX;
            stream.addShard(bounds.get(i), end, null, null, now);
        }
    }

    /** Splits an open shard; the second new shard begins at {@code at}, which is inside of the range. */
    static void split(KinesisStream stream, Shard shard, HashKey at, long now) {
        Shard lower = stream.addShard(shard.start(), at.previous(), shard, null, now);
        Shard upper = stream.addShard(at, shard.end(), shard, null, now);
        stream.closeShard(shard, List.of(lower, upper), now);
    }

    static boolean adjacent(Shard one, Shard other) {
        return follows(one, other) || follows(other, one);
    }

    private static boolean follows(Shard lower, Shard upper) {
        return !lower.end().equals(HashKey.MAX) && lower.end().next().equals(upper.start());
    }

    /** Joins two open shards whose ranges are adjacent. */
    static void merge(KinesisStream stream, Shard shard, Shard adjacent, long now) {
        boolean first = shard.start().compareTo(adjacent.start()) < 0;
        HashKey start = first ? shard.start() : adjacent.start();
        HashKey end = first ? adjacent.end() : shard.end();
        Shard child = stream.addShard(start, end, shard, adjacent, now);
        stream.closeShard(shard, List.of(child), now);
        stream.closeShard(adjacent, List.of(child), now);
    }

    /** Divides the hash space equally by splits and merges only, so that each shard has its parents. */
    static void scale(KinesisStream stream, int shards, long now) {
        TreeSet<HashKey> wanted = new TreeSet<>(evenBounds(shards));
        for (HashKey bound : wanted) {
            Shard shard = stream.shardFor(bound);
            if (!shard.start().equals(bound)) {
                split(stream, shard, bound, now);
            }
        }
        for (Shard upper : List.copyOf(stream.openShards())) {
            if (!wanted.contains(upper.start())) {
                merge(stream, stream.shardFor(upper.start().previous()), upper, now);
            }
        }
    }
}
