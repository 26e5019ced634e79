package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;

class ShardListingTest {

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
    void filtersNameTheShardsOfTheirTime() {
        stream.createStream("s", 1);
        clock.advance(Duration.ofHours(1));
        client.splitShard(b -> b.streamName("s").shardToSplit(FIRST).newStartingHashKey("100"));
        clock.advance(Duration.ofHours(1));
        client.mergeShards(b -> b.streamName("s").shardToMerge(SECOND).adjacentShardToMerge(THIRD));
        String fourth = "shardId-000000000003";

        assertThat(filtered(ShardFilterType.AT_LATEST, 0)).containsExactly(fourth);
        assertThat(filtered(ShardFilterType.AT_TRIM_HORIZON, 0)).containsExactly(FIRST);
        assertThat(filtered(ShardFilterType.FROM_TRIM_HORIZON, 0)).containsExactly(FIRST, SECOND, THIRD, fourth);
        assertThat(filtered(ShardFilterType.AT_TIMESTAMP, 30)).containsExactly(FIRST);
        assertThat(filtered(ShardFilterType.AT_TIMESTAMP, 60)).containsExactly(SECOND, THIRD);
        assertThat(filtered(ShardFilterType.AT_TIMESTAMP, 90)).containsExactly(SECOND, THIRD);
        assertThat(filtered(ShardFilterType.FROM_TIMESTAMP, 90)).containsExactly(SECOND, THIRD, fourth);
        assertThat(client.listShards(b -> b.streamName("s")
                                .shardFilter(f ->
                                        f.type(ShardFilterType.AFTER_SHARD_ID).shardId(SECOND)))
                        .shards())
                .extracting(Shard::shardId)
                .containsExactly(THIRD, fourth);
    }

    @Test
    void theHorizonIsBeforeASplitOfTheSameMillisecond() {
        stream.createStream("s", 1);
        client.splitShard(b -> b.streamName("s").shardToSplit(FIRST).newStartingHashKey("100"));
        assertThat(filtered(ShardFilterType.AT_TRIM_HORIZON, 0)).containsExactly(FIRST);
    }

    @Test
    void aClosedShardIsForgottenWhenItsRecordsAre() {
        stream.createStream("s", 1);
        client.putRecords(b -> b.streamName("s").records(Clients.entry("key", "old")));
        client.splitShard(b -> b.streamName("s").shardToSplit(FIRST).newStartingHashKey("100"));
        clock.advance(Duration.ofHours(24).plusMillis(1));
        List<Shard> left = client.listShards(b -> b.streamName("s")).shards();
        assertThat(left).extracting(Shard::shardId).containsExactly(SECOND, THIRD);
        assertThat(left.get(0).parentShardId()).isEqualTo(FIRST);
    }

    private List<String> filtered(ShardFilterType type, int minutes) {
        var start = clock.instant().minus(Duration.ofHours(2));
        return client
                .listShards(b -> b.streamName("s")
                        .shardFilter(f -> f.type(type).timestamp(start.plus(Duration.ofMinutes(minutes)))))
                .shards()
                .stream()
                .map(Shard::shardId)
                .toList();
    }
}
