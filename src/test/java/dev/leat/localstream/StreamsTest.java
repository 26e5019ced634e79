package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;
import software.amazon.awssdk.services.kinesis.model.Tag;

class StreamsTest {

    private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock).withTransition(Duration.ofSeconds(10)));
    private final KinesisClient client = Clients.of(stream.endpoint());

    @AfterEach
    void stop() {
        client.close();
        stream.close();
    }

    private void createActive() {
        client.createStream(b -> b.streamName("s").shardCount(3));
        clock.advance(Duration.ofSeconds(10));
    }

    @Test
    void aStreamIsDescribedByNameAndByArn() {
        createActive();
        var byName = client.describeStream(b -> b.streamName("s")).streamDescription();
        assertThat(client.describeStream(b -> b.streamARN(ARN)).streamDescription())
                .isEqualTo(byName);
        assertThat(byName.streamARN()).isEqualTo(ARN);
        assertThat(byName.streamModeDetails().streamMode()).isEqualTo(StreamMode.PROVISIONED);
        assertThat(byName.retentionPeriodHours()).isEqualTo(24);
        assertThat(byName.streamCreationTimestamp()).isEqualTo(clock.instant().minusSeconds(10));
        assertThat(byName.shards()).hasSize(3);
        assertThat(byName.hasMoreShards()).isFalse();
        var summary = client.describeStreamSummary(b -> b.streamARN(ARN)).streamDescriptionSummary();
        assertThat(summary.openShardCount()).isEqualTo(3);
        assertThat(summary.consumerCount()).isZero();
        assertThat(summary.maxRecordSizeInKiB()).isEqualTo(1_024);
    }

    @Test
    void recordsArePutByArn() {
        createActive();
        client.putRecord(b -> b.streamARN(ARN).partitionKey("k").data(SdkBytes.fromUtf8String("x")));
        client.putRecords(b -> b.streamARN(ARN).records(Clients.entries("k", 2)));
        assertThat(stream.recordCount("s")).isEqualTo(3);
    }

    @Test
    void anOnDemandStreamBeginsWithFourShards() {
        client.createStream(b -> b.streamName("s").streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)));
        var summary = client.describeStreamSummary(b -> b.streamName("s")).streamDescriptionSummary();
        assertThat(summary.streamModeDetails().streamMode()).isEqualTo(StreamMode.ON_DEMAND);
        assertThat(summary.openShardCount()).isEqualTo(4);
        var limits = client.describeLimits(b -> {});
        assertThat(limits.onDemandStreamCount()).isEqualTo(1);
        assertThat(limits.openShardCount()).isEqualTo(4);
        assertThat(limits.shardLimit()).isEqualTo(500);
    }

    @Test
    void aStreamIsOfUseOnlyOnceItIsActive() {
        client.createStream(b -> b.streamName("s").shardCount(2));
        assertThat(status()).isEqualTo(StreamStatus.CREATING);
        assertThat(errorCode(this::put)).isEqualTo("ResourceNotFoundException");
        assertThat(errorCode(() -> client.deleteStream(b -> b.streamName("s")))).isEqualTo("ResourceInUseException");
        clock.advance(Duration.ofSeconds(10));
        assertThat(status()).isEqualTo(StreamStatus.ACTIVE);
        put();
    }

    @Test
    void aStreamThatIsBeingReshardedTakesRecordsButNoOtherChange() {
        createActive();
        client.splitShard(
                b -> b.streamName("s").shardToSplit("shardId-000000000000").newStartingHashKey("7"));
        assertThat(status()).isEqualTo(StreamStatus.UPDATING);
        put();
        assertThat(errorCode(() -> client.splitShard(b ->
                        b.streamName("s").shardToSplit("shardId-000000000001").newStartingHashKey("7"))))
                .isEqualTo("ResourceInUseException");
        clock.advance(Duration.ofSeconds(10));
        assertThat(status()).isEqualTo(StreamStatus.ACTIVE);
    }

    @Test
    void aDeletedStreamIsGoneAndItsIteratorsWithIt() {
        createActive();
        put();
        String iterator = Clients.iterator(client, "s", "shardId-000000000000", ShardIteratorType.TRIM_HORIZON);
        client.deleteStream(b -> b.streamName("s"));
        assertThat(status()).isEqualTo(StreamStatus.DELETING);
        assertThat(errorCode(this::put)).isEqualTo("ResourceNotFoundException");
        clock.advance(Duration.ofSeconds(10));
        assertThat(errorCode(this::status)).isEqualTo("ResourceNotFoundException");
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("ResourceNotFoundException");
        createActive();
        assertThat(stream.recordCount("s")).isZero();
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("InvalidArgumentException");
    }

    @Test
    void noMoreThanFiveStreamsAreCreatedAtATime() {
        for (int i = 0; i < 5; i++) {
            String name = "s" + i;
            client.createStream(b -> b.streamName(name).shardCount(1));
        }
        assertThat(errorCode(() -> client.createStream(b -> b.streamName("s5").shardCount(1))))
                .isEqualTo("LimitExceededException");
        clock.advance(Duration.ofSeconds(10));
        client.createStream(b -> b.streamName("s5").shardCount(1));
    }

    @Test
    void streamsAreListedPageByPage() {
        for (String name : List.of("c", "a", "e", "b", "d")) {
            client.createStream(b -> b.streamName(name).shardCount(1));
        }
        var first = client.listStreams(b -> b.limit(2));
        assertThat(first.streamNames()).containsExactly("a", "b");
        assertThat(first.hasMoreStreams()).isTrue();
        assertThat(first.streamSummaries()).hasSize(2);
        assertThat(client.listStreams(b -> b.limit(2).nextToken(first.nextToken()))
                        .streamNames())
                .containsExactly("c", "d");
        var last = client.listStreams(b -> b.exclusiveStartStreamName("d"));
        assertThat(last.streamNames()).containsExactly("e");
        assertThat(last.hasMoreStreams()).isFalse();
    }

    @Test
    void shardsAreListedPageByPage() {
        client.createStream(b -> b.streamName("s").shardCount(7));
        List<String> paged = new ArrayList<>();
        var page = client.listShards(b -> b.streamName("s").maxResults(3));
        while (true) {
            page.shards().forEach(s -> paged.add(s.shardId()));
            String token = page.nextToken();
            if (token == null) {
                break;
            }
            page = client.listShards(b -> b.nextToken(token).maxResults(3));
        }
        List<String> all = client.listShards(b -> b.streamName("s")).shards().stream()
                .map(Shard::shardId)
                .toList();
        assertThat(paged).hasSize(7).isEqualTo(all);
        var described = client.describeStream(b -> b.streamName("s").limit(2)).streamDescription();
        assertThat(described.hasMoreShards()).isTrue();
        assertThat(described.shards()).hasSize(2);
        assertThat(client.describeStream(b -> b.streamName("s").exclusiveStartShardId(all.get(1)))
                        .streamDescription()
                        .shards())
                .hasSize(5);
    }

    @Test
    void settingsCanBeChanged() {
        createActive();
        client.increaseStreamRetentionPeriod(b -> b.streamName("s").retentionPeriodHours(48));
        clock.advance(Duration.ofSeconds(10));
        client.updateMaxRecordSize(b -> b.streamARN(ARN).maxRecordSizeInKiB(2_048));
        clock.advance(Duration.ofSeconds(10));
        client.updateStreamMode(b -> b.streamARN(ARN).streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)));
        var summary = client.describeStreamSummary(b -> b.streamName("s")).streamDescriptionSummary();
        assertThat(summary.retentionPeriodHours()).isEqualTo(48);
        assertThat(summary.maxRecordSizeInKiB()).isEqualTo(2_048);
        assertThat(summary.streamModeDetails().streamMode()).isEqualTo(StreamMode.ON_DEMAND);
    }

    @Test
    void tagsAreKept() {
        createActive();
        client.addTagsToStream(b -> b.streamName("s").tags(Map.of("team", "shop", "stage", "test")));
        client.removeTagsFromStream(b -> b.streamName("s").tagKeys("stage"));
        Tag team = Tag.builder().key("team").value("shop").build();
        assertThat(client.listTagsForStream(b -> b.streamName("s")).tags()).containsExactly(team);
        assertThat(client.listTagsForResource(b -> b.resourceARN(ARN)).tags()).containsExactly(team);
    }

    private StreamStatus status() {
        return client.describeStreamSummary(b -> b.streamName("s"))
                .streamDescriptionSummary()
                .streamStatus();
    }

    private void put() {
        client.putRecords(b -> b.streamName("s").records(Clients.entry("k", "x")));
    }
}
