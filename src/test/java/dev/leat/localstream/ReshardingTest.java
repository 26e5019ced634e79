package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class ReshardingTest {

    private static final String FIRST = "shardId-000000000000";
    private static final String SECOND = "shardId-000000000001";
    private static final String THIRD = "shardId-000000000002";

    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock));
    private final KinesisClient client = Clients.of(stream.endpoint());

    @AfterEach
    void stop() {
        client.close();
        stream.close();
    }

    @Test
    void aSplitShardIsReadToItsEndAndNamesItsChildren() {
        stream.createStream("s", 1);
        put("before");
        split(FIRST, "100");
        put("after");

        Shard parent = shards().get(0);
        assertThat(new BigInteger(parent.sequenceNumberRange().endingSequenceNumber()))
                .isGreaterThan(new BigInteger(stream.records("s").get(0).sequenceNumber()));
        String iterator = Clients.iterator(client, "s", FIRST, ShardIteratorType.TRIM_HORIZON);
        var end = client.getRecords(b -> b.shardIterator(iterator));
        assertThat(end.records()).extracting(r -> r.data().asUtf8String()).containsExactly("before");
        assertThat(end.nextShardIterator()).isNull();
        assertThat(end.childShards()).extracting(ChildShard::shardId).containsExactly(SECOND, THIRD);
        assertThat(end.childShards())
                .allSatisfy(c -> assertThat(c.parentShards()).containsExactly(FIRST));
        assertThat(end.childShards().get(0).hashKeyRange().endingHashKey()).isEqualTo("99");
        assertThat(end.childShards().get(1).hashKeyRange().startingHashKey()).isEqualTo("100");
        assertThat(stream.records("s")).extracting(KeptRecord::shardId).containsExactly(FIRST, THIRD);
    }

    @Test
    void aMergedShardHasTwoParents() {
        stream.createStream("s", 2);
        client.mergeShards(b -> b.streamName("s").shardToMerge(SECOND).adjacentShardToMerge(FIRST));

        Shard child = shards().get(2);
        assertThat(child.parentShardId()).isEqualTo(SECOND);
        assertThat(child.adjacentParentShardId()).isEqualTo(FIRST);
        assertThat(child.hashKeyRange().startingHashKey()).isEqualTo("0");
        assertThat(child.hashKeyRange().endingHashKey()).isEqualTo(HashKey.MAX.toString());
        for (String parent : List.of(FIRST, SECOND)) {
            String latest = Clients.iterator(client, "s", parent, ShardIteratorType.LATEST);
            var end = client.getRecords(b -> b.shardIterator(latest));
            assertThat(end.nextShardIterator()).isNull();
            assertThat(end.childShards()).hasSize(1);
            assertThat(end.childShards().get(0).parentShards()).containsExactly(SECOND, FIRST);
        }
    }

    @Test
    void aClosedShardCanBeNeitherSplitNorMerged() {
        stream.createStream("s", 1);
        split(FIRST, "100");
        assertThat(errorCode(() -> split(FIRST, "50"))).isEqualTo("InvalidArgumentException");
        assertThat(errorCode(() -> client.mergeShards(
                        b -> b.streamName("s").shardToMerge(FIRST).adjacentShardToMerge(SECOND))))
                .isEqualTo("InvalidArgumentException");
    }

    @Test
    void sequenceNumbersOfAChildAreGreaterThanItsParents() {
        stream.createStream("s", 1);
        put("parent");
        split(FIRST, "100");
        put("child");
        assertThat(stream.records("s"))
                .extracting(r -> new BigInteger(r.sequenceNumber()))
                .isSortedAccordingTo(Comparator.naturalOrder())
                .doesNotHaveDuplicates();
        String ending = shards().get(0).sequenceNumberRange().endingSequenceNumber();
        assertThat(new BigInteger(stream.records("s").get(1).sequenceNumber())).isGreaterThan(new BigInteger(ending));
    }

    @Test
    void scalingCutsTheHashSpaceEvenlyAndKeepsTheLineage() {
        stream.createStream("s", 4);
        for (int target : List.of(8, 6, 3, 5, 10, 7)) {
            int before = openShards().size();
            var answer = client.updateShardCount(
                    b -> b.streamName("s").targetShardCount(target).scalingType("UNIFORM_SCALING"));
            assertThat(answer.currentShardCount()).isEqualTo(before);
            List<Shard> open = openShards();
            assertThat(open).hasSize(target);
            BigInteger width = HashKey.SPACE.divide(BigInteger.valueOf(target));
            assertThat(open)
                    .allSatisfy(s -> assertThat(width(s).subtract(width).abs()).isLessThanOrEqualTo(BigInteger.ONE));
            requireWhole(open);
        }
    }

    @Test
    void aReaderThatFollowsTheChildrenSeesEveryRecordInTheOrderOfItsKey() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        stream.createStream("s", 2);
        for (int i = 0; i < 400; i++) {
            if (i % 20 == 10) {
                reshardAtRandom(random);
            }
            put("key" + random.nextInt(30), Integer.toString(i));
        }

        Map<String, Integer> last = new HashMap<>();
        Set<Integer> seen = new HashSet<>();
        for (String shard : inLineageOrder()) {
            Clients.readAll(client, "s", shard).forEach(r -> {
                int number = Integer.parseInt(r.data().asUtf8String());
                assertThat(last.getOrDefault(r.partitionKey(), -1))
                        .as("seed %s", seed)
                        .isLessThan(number);
                last.put(r.partitionKey(), number);
                seen.add(number);
            });
        }
        assertThat(seen).as("seed %s", seed).hasSize(400);
        requireWhole(openShards());
    }

    /** Parents before children, found only by what GetRecords says at the end of a shard. */
    private List<String> inLineageOrder() {
        Map<String, Set<String>> waitsFor = new HashMap<>();
        Deque<String> ready = new ArrayDeque<>(List.of(FIRST, SECOND));
        List<String> order = new ArrayList<>();
        while (!ready.isEmpty()) {
            String shard = ready.remove();
            order.add(shard);
            String latest = Clients.iterator(client, "s", shard, ShardIteratorType.LATEST);
            for (ChildShard child :
                    client.getRecords(b -> b.shardIterator(latest)).childShards()) {
                Set<String> parents =
                        waitsFor.computeIfAbsent(child.shardId(), id -> new HashSet<>(child.parentShards()));
                parents.remove(shard);
                if (parents.isEmpty()) {
                    ready.add(child.shardId());
                }
            }
        }
        return order;
    }

    private void reshardAtRandom(Random random) {
        List<Shard> open = openShards();
        if (open.size() > 1 && random.nextBoolean()) {
            int at = random.nextInt(open.size() - 1);
            client.mergeShards(b -> b.streamName("s")
                    .shardToMerge(open.get(at).shardId())
                    .adjacentShardToMerge(open.get(at + 1).shardId()));
        } else {
            Shard shard = open.get(random.nextInt(open.size()));
            BigInteger middle = new BigInteger(shard.hashKeyRange().startingHashKey())
                    .add(width(shard).shiftRight(1));
            split(shard.shardId(), middle.toString());
        }
    }

    private void put(String data) {
        put("key", data);
    }

    private void put(String key, String data) {
        client.putRecords(b -> b.streamName("s").records(Clients.entry(key, data)));
    }

    private void split(String shard, String at) {
        client.splitShard(b -> b.streamName("s").shardToSplit(shard).newStartingHashKey(at));
    }

    private List<Shard> shards() {
        return client.listShards(b -> b.streamName("s")).shards();
    }

    /** In the order of their ranges. */
    private List<Shard> openShards() {
        return client
                .listShards(b -> b.streamName("s").shardFilter(f -> f.type(ShardFilterType.AT_LATEST)))
                .shards()
                .stream()
                .sorted(Comparator.comparing(
                        s -> new BigInteger(s.hashKeyRange().startingHashKey())))
                .toList();
    }

    private static BigInteger width(Shard shard) {
        return new BigInteger(shard.hashKeyRange().endingHashKey())
                .subtract(new BigInteger(shard.hashKeyRange().startingHashKey()))
                .add(BigInteger.ONE);
    }

    private static void requireWhole(List<Shard> open) {
        BigInteger next = BigInteger.ZERO;
        for (Shard shard : open) {
            assertThat(shard.hashKeyRange().startingHashKey()).isEqualTo(next.toString());
            next = new BigInteger(shard.hashKeyRange().endingHashKey()).add(BigInteger.ONE);
        }
        assertThat(next).isEqualTo(HashKey.SPACE);
    }
}
