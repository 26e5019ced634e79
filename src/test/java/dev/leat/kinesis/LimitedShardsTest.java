package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.localstream.ShardUse;
import dev.leat.localstream.WriteLimits;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.StreamRecord;
import dev.leat.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream whose shards have low write limits. */
@Timeout(60)
final class LimitedShardsTest {

    private static final Duration LONG = Duration.ofSeconds(40);
    private static final WriteLimits LIMITS = new WriteLimits(200, 1 << 20);
    private static final int LANES_OF_A_SHARD = 16;

    private final Fixture on = new Fixture(Fixture.settings(Duration.ofSeconds(20), Duration.ofSeconds(30)));

    @AfterEach
    void close() {
        on.close();
    }

    @Test
    void limitedShardsTakeAllInOrderAndRefuseLittle() {
        on.stream.writeLimits(LIMITS);
        List<StreamRecord> claim = Fixture.claim(800, 5);

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        long refused = uses().stream().mapToLong(ShardUse::refused).sum();
        // How few depends on the machine; ShardRateLimiterTest checks the share. If records were sent again and again,
        // each one would be
        // refused.
        assertThat(refused).isBetween(1L, 2_000L);
    }

    @Test
    void aHotShardDoesNotSlowTheOthers() {
        on.stream.writeLimits(LIMITS);
        List<StreamRecord> hot = records(0, 2_000, 300);
        List<StreamRecord> claim = new ArrayList<>(hot);
        claim.addAll(records(1, 150, 150));
        claim.addAll(records(3, 150, 150));
        CompletableFuture<List<Outcome>> publishing =
                CompletableFuture.supplyAsync(() -> on.publish(claim, Fixture.within(LONG)));

        Await.until(
                "the other shards have all that is theirs",
                LONG,
                () -> use(1).records() == 150 && use(3).records() == 150);
        long hotBefore = use(0).records();

        assertThat(hotBefore).as("the hot shard was far from done").isLessThan(1_500);
        on.stream.writeLimits(null);
        Fixture.allDelivered(publishing.join());
        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
    }

    @Test
    void theLanesOfAnExhaustedShardBackOffAndNoOthers() {
        on.stream.writeLimits(LIMITS);
        List<StreamRecord> claim = new ArrayList<>(records(2, 1_000, 250));
        claim.addAll(records(0, 10, 10));
        CompletableFuture<List<Outcome>> publishing =
                CompletableFuture.supplyAsync(() -> on.publish(claim, Fixture.within(LONG)));

        Await.until("lanes back off", LONG, () -> !backingOff().lanes().isEmpty());
        Lanes ofThird = new Lanes(((1L << LANES_OF_A_SHARD) - 1) << 2 * LANES_OF_A_SHARD);
        assertThat(backingOff().lanes().and(ofThird.others())).isEqualTo(Lanes.NONE);
        on.stream.writeLimits(null);
        publishing.join();
        assertThat(backingOff().streams()).isEmpty();
    }

    @Test
    void aSplitWhileRunningIsFollowed() {
        on.stream.writeLimits(LIMITS);
        List<StreamRecord> claim = Fixture.claim(800, 5);
        CompletableFuture<List<Outcome>> publishing =
                CompletableFuture.supplyAsync(() -> on.publish(claim, Fixture.within(LONG)));
        Await.until("the shards refuse", LONG, () -> uses().stream().anyMatch(use -> use.refused() > 0));

        // In the midst of a lane, so that its records go to two shards.
        on.client.splitShard(split -> split.streamName(Records.STREAM)
                .shardToSplit("shardId-000000000000")
                .newStartingHashKey(
                        java.math.BigInteger.valueOf(17).shiftLeft(121).toString()));
        Await.until(
                "the new shards have records",
                LONG,
                () -> uses().size() > 5
                        && use(4).records() > 0
                        && use(5).records() > 0
                        && on.heard.shards.containsAll(Set.of("shardId-000000000004", "shardId-000000000005")));
        // The rest need not wait for the limits.
        on.stream.writeLimits(null);
        Fixture.allDelivered(publishing.join());

        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(use(4).records()).isPositive();
        assertThat(use(5).records()).isPositive();
        assertThat(on.heard.shards).contains("shardId-000000000004", "shardId-000000000005");
        assertThat(on.stream.requestCount("ListShards")).isBetween(1L, 4L);
    }

    @Test
    void aStreamThatNeverRefusesIsNotAskedForItsShards() {
        Fixture.allDelivered(on.publish(Fixture.claim(1_000, 5), Fixture.within(LONG)));

        assertThat(backingOff().lanes()).isEqualTo(Lanes.NONE);
        assertThat(on.stream.requestCount("ListShards")).isZero();
        assertThat(on.heard.retries).isEmpty();
    }

    /** As of now, whatever claim is being published. */
    private Publisher.BackingOff backingOff() {
        return on.publisher.publish(List.of(), Fixture.within(LONG)).backingOff();
    }

    /** Records of one shard, over so many keys. */
    private static List<StreamRecord> records(int shard, int count, int keys) {
        List<String> names = new ArrayList<>();
        for (int n = 0; names.size() < keys; n++) {
            if (Records.laneOf("key-" + n) / LANES_OF_A_SHARD == shard) {
                names.add("key-" + n);
            }
        }
        List<StreamRecord> records = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            records.add(Records.record(1L + n * 4L + shard, names.get(n % keys)));
        }
        return records;
    }

    private ShardUse use(int shard) {
        return uses().get(shard);
    }

    private List<ShardUse> uses() {
        return on.stream.shardUse(Records.STREAM);
    }
}
