package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class RoundTripTest {

    private static LocalStream stream;
    private static KinesisClient client;

    @BeforeAll
    static void start() {
        stream = LocalStream.start();
        client = Clients.of(stream.endpoint());
    }

    @AfterAll
    static void stop() {
        client.close();
        stream.close();
    }

    @Test
    void recordsComeBackAsTheyWerePut() {
        client.createStream(b -> b.streamName("round").shardCount(2));
        var summary = client.describeStreamSummary(b -> b.streamName("round")).streamDescriptionSummary();
        assertThat(summary.openShardCount()).isEqualTo(2);
        assertThat(summary.maxRecordSizeInKiB()).isEqualTo(1024);
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int number = i;
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("key" + number)
                    .data(SdkBytes.fromUtf8String("value" + number))
                    .build());
        }
        var put = client.putRecords(b -> b.streamName("round").records(entries));
        assertThat(put.failedRecordCount()).isZero();
        assertThat(put.records()).hasSize(500);
        var single = client.putRecord(
                b -> b.streamName("round").partitionKey("single").data(SdkBytes.fromUtf8String("x")));
        assertThat(single.sequenceNumber()).hasSize(56);

        List<String> values = new ArrayList<>();
        for (var shard : client.listShards(b -> b.streamName("round")).shards()) {
            String iterator = client.getShardIterator(b -> b.streamName("round")
                            .shardId(shard.shardId())
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .shardIterator();
            var got = client.getRecords(b -> b.shardIterator(iterator));
            assertThat(got.millisBehindLatest()).isZero();
            got.records().forEach(r -> {
                assertThat(r.approximateArrivalTimestamp())
                        .isBefore(java.time.Instant.now().plusSeconds(1))
                        .isAfter(java.time.Instant.now().minusSeconds(60));
                values.add(r.data().asUtf8String());
            });
        }
        assertThat(values).hasSize(501).contains("value0", "value499", "x");
        assertThat(stream.records("round")).hasSize(501);
        assertThat(new String(stream.records("round").get(0).data(), StandardCharsets.UTF_8))
                .isEqualTo("value0");
    }
}
