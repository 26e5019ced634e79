package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class ThrottlingTest {

    private static final String EXCEEDED = "ProvisionedThroughputExceededException";
    private static final String FIRST = "shardId-000000000000";
    private static final String IN_FIRST = "0";
    private static final String IN_SECOND = HashKey.MAX.toString();

    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock).withThrottling(true));
    private final KinesisClient client = Clients.of(stream.endpoint());

    @BeforeEach
    void create() {
        client.createStream(b -> b.streamName("s").shardCount(2).maxRecordSizeInKiB(10_240));
    }

    @AfterEach
    void stop() {
        client.close();
        stream.close();
    }

    @Test
    void aShardTakesAThousandRecordsInASecond() {
        assertThat(put(500, 10, IN_FIRST).failedRecordCount()).isZero();
        assertThat(put(450, 10, IN_FIRST).failedRecordCount()).isZero();
        PutRecordsResponse over = put(100, 10, IN_FIRST);
        assertThat(over.failedRecordCount()).isEqualTo(50);
        assertThat(over.records().subList(0, 50))
                .allSatisfy(r -> assertThat(r.shardId()).isEqualTo(FIRST));
        assertThat(over.records().subList(50, 100))
                .allSatisfy(r -> assertThat(r.errorCode()).isEqualTo(EXCEEDED))
                .allSatisfy(r -> assertThat(r.errorMessage()).contains(FIRST));
        assertThat(stream.recordCount("s")).isEqualTo(1_000);
    }

    @Test
    void theOtherShardIsNotThrottled() {
        put(500, 10, IN_FIRST);
        put(500, 10, IN_FIRST);
        assertThat(put(1, 10, IN_FIRST).failedRecordCount()).isEqualTo(1);
        assertThat(put(500, 10, IN_SECOND).failedRecordCount()).isZero();
    }

    @Test
    void aShardTakesOneMebibyteInASecond() {
        PutRecordsResponse over = put(12, 100_000, IN_FIRST);
        assertThat(over.failedRecordCount()).isEqualTo(2);
        clock.advance(Duration.ofMillis(250));
        assertThat(put(4, 100_000, IN_FIRST).failedRecordCount()).isEqualTo(1);
        clock.advance(Duration.ofHours(1));
        assertThat(put(12, 100_000, IN_FIRST).failedRecordCount()).isEqualTo(2);
    }

    @Test
    void aSmallerEntryMayPassWhereALargerOneFailed() {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(entries(10, 100_000, IN_FIRST));
        entries.addAll(entries(1, 60_000, IN_FIRST));
        entries.addAll(entries(1, 10, IN_FIRST));
        assertThat(client.putRecords(b -> b.streamName("s").records(entries)).records())
                .extracting(PutRecordsResultEntry::errorCode)
                .endsWith(null, EXCEEDED, null);
    }

    @Test
    void aLargeRecordPassesWhenTheShardIsRestedAndLeavesItInDebt() {
        assertThat(put(1, 5 << 20, IN_FIRST).failedRecordCount()).isZero();
        clock.advance(Duration.ofSeconds(4));
        assertThat(put(1, 10, IN_FIRST).failedRecordCount()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(1));
        assertThat(put(1, 10, IN_FIRST).failedRecordCount()).isZero();
    }

    @Test
    void aThrottledPutRecordIsAnError() {
        put(500, 10, IN_FIRST);
        put(500, 10, IN_FIRST);
        assertThat(errorCode(() -> client.putRecord(b -> b.streamName("s")
                        .partitionKey("k")
                        .explicitHashKey(IN_FIRST)
                        .data(SdkBytes.fromUtf8String("x")))))
                .isEqualTo(EXCEEDED);
    }

    @Test
    void aShardAnswersFiveReadsInASecond() {
        String iterator = Clients.iterator(client, "s", FIRST, ShardIteratorType.TRIM_HORIZON);
        for (int i = 0; i < 5; i++) {
            client.getRecords(b -> b.shardIterator(iterator));
        }
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo(EXCEEDED);
        clock.advance(Duration.ofMillis(200));
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("none");
    }

    @Test
    void aReadOfTenMebibytesHoldsTheShardsReadersBackForFourSeconds() {
        put(1, (10 << 20) - 100, IN_SECOND);
        String second = "shardId-000000000001";
        String iterator = Clients.iterator(client, "s", second, ShardIteratorType.TRIM_HORIZON);
        client.getRecords(b -> b.shardIterator(iterator));
        clock.advance(Duration.ofMillis(3_900));
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo(EXCEEDED);
        clock.advance(Duration.ofMillis(200));
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("none");
    }

    @Test
    void writeLimitsCanBeSetAndLiftedWhileItRuns() {
        stream.writeLimits(new WriteLimits(50, 1_000));
        assertThat(put(60, 10, IN_FIRST).failedRecordCount()).as("by records").isEqualTo(10);
        assertThat(put(3, 400, IN_SECOND).failedRecordCount()).as("by bytes").isEqualTo(1);
        clock.advance(Duration.ofMillis(100));
        assertThat(put(6, 10, IN_FIRST).failedRecordCount()).isEqualTo(1);
        stream.writeLimits(null);
        assertThat(put(500, 10, IN_FIRST).failedRecordCount()).isZero();
    }

    @Test
    void countsSayWhatEachShardTookAndRefused() {
        stream.writeLimits(new WriteLimits(50, 1_000_000));
        put(60, 10, IN_FIRST);
        put(5, 20, IN_SECOND);
        assertThat(stream.shardUse("s"))
                .containsExactly(
                        new ShardUse(FIRST, true, 50, 500, 10, 100),
                        new ShardUse("shardId-000000000001", true, 5, 100, 0, 0));
    }

    private PutRecordsResponse put(int count, int bytes, String hashKey) {
        return client.putRecords(b -> b.streamName("s").records(entries(count, bytes, hashKey)));
    }

    private static List<PutRecordsRequestEntry> entries(int count, int bytes, String hashKey) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey("k")
                    .explicitHashKey(hashKey)
                    .data(SdkBytes.fromByteArray(new byte[bytes - 1]))
                    .build());
        }
        return entries;
    }
}
