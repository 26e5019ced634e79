package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class PutAndGetTest {

    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock));
    private KinesisClient client = Clients.of(stream.endpoint());

    @BeforeEach
    void create() {
        stream.createStream("orders", 4);
    }

    @AfterEach
    void stop() {
        System.clearProperty("aws.cborEnabled");
        client.close();
        stream.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recordsComeBackByteForByteInBothEncodings(boolean cbor) {
        System.setProperty("aws.cborEnabled", Boolean.toString(cbor));
        client.close();
        client = Clients.of(stream.endpoint());
        byte[] everyByte = new byte[256];
        for (int i = 0; i < 256; i++) {
            everyByte[i] = (byte) i;
        }
        var put = client.putRecord(b ->
                b.streamName("orders").partitionKey("Schlüssel \uD83D\uDD11").data(SdkBytes.fromByteArray(everyByte)));

        Record got = Clients.readAll(client, "orders", put.shardId()).get(0);
        assertThat(got.data().asByteArray()).isEqualTo(everyByte);
        assertThat(got.partitionKey()).isEqualTo("Schlüssel \uD83D\uDD11");
        assertThat(got.sequenceNumber()).isEqualTo(put.sequenceNumber()).hasSize(56);
        assertThat(got.approximateArrivalTimestamp()).isEqualTo(clock.instant());
    }

    @Test
    void theSdkSpeaksCborUnlessToldOtherwise() {
        Set<String> seen = new HashSet<>();
        try (KinesisClient watched = Clients.watched(stream.endpoint(), seen)) {
            watched.listStreams();
        }
        assertThat(seen).containsExactly("application/x-amz-cbor-1.1");
    }

    @Test
    void aKeyFallsIntoTheShardOfItsMd5() throws Exception {
        var put = client.putRecords(b -> b.streamName("orders").records(Clients.entries("key", 200)));

        List<Shard> shards = client.listShards(b -> b.streamName("orders")).shards();
        Set<String> used = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            byte[] md5 = MessageDigest.getInstance("MD5").digest(("key" + i).getBytes(StandardCharsets.UTF_8));
            String expected = holder(shards, new BigInteger(1, md5));
            assertThat(put.records().get(i).shardId()).isEqualTo(expected);
            used.add(expected);
        }
        assertThat(used).hasSize(4);
    }

    @Test
    void anExplicitHashKeyOverridesThePartitionKey() {
        List<Shard> shards = client.listShards(b -> b.streamName("orders")).shards();
        for (Shard shard : shards) {
            for (String edge : List.of(
                    shard.hashKeyRange().startingHashKey(), shard.hashKeyRange().endingHashKey())) {
                var put = client.putRecord(b -> b.streamName("orders")
                        .partitionKey("same")
                        .explicitHashKey(edge)
                        .data(SdkBytes.fromUtf8String("x")));
                assertThat(put.shardId()).isEqualTo(shard.shardId());
            }
        }
    }

    private static String holder(List<Shard> shards, BigInteger hash) {
        return shards.stream()
                .filter(s -> hash.compareTo(new BigInteger(s.hashKeyRange().startingHashKey())) >= 0
                        && hash.compareTo(new BigInteger(s.hashKeyRange().endingHashKey())) <= 0)
                .findFirst()
                .orElseThrow()
                .shardId();
    }

    @Test
    void sequenceNumbersRiseWithinAShardAndRecordsKeepTheOrderOfRequests() {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            entries.add(Clients.entry("one key", Integer.toString(i)));
        }
        var put = client.putRecords(b -> b.streamName("orders").records(entries));

        List<BigInteger> numbers = put.records().stream()
                .map(r -> new BigInteger(r.sequenceNumber()))
                .toList();
        assertThat(numbers).isSorted().doesNotHaveDuplicates();
        List<Record> read =
                Clients.readAll(client, "orders", put.records().get(0).shardId());
        assertThat(read)
                .extracting(r -> r.data().asUtf8String())
                .containsExactlyElementsOf(
                        entries.stream().map(e -> e.data().asUtf8String()).toList());
    }

    @Test
    void everyKindOfIteratorBeginsWhereItSays() {
        var first = put("a");
        clock.advance(Duration.ofSeconds(10));
        var second = put("b");
        clock.advance(Duration.ofSeconds(10));
        put("c");
        String shard = first.shardId();

        assertThat(from(shard, ShardIteratorType.TRIM_HORIZON, null, null)).containsExactly("a", "b", "c");
        assertThat(from(shard, ShardIteratorType.AT_SEQUENCE_NUMBER, second.sequenceNumber(), null))
                .containsExactly("b", "c");
        assertThat(from(shard, ShardIteratorType.AFTER_SEQUENCE_NUMBER, second.sequenceNumber(), null))
                .containsExactly("c");
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(from(shard, ShardIteratorType.AT_TIMESTAMP, null, start.plusSeconds(10)))
                .containsExactly("b", "c");
        assertThat(from(shard, ShardIteratorType.AT_TIMESTAMP, null, start.plusSeconds(11)))
                .containsExactly("c");
        assertThat(from(shard, ShardIteratorType.LATEST, null, null)).isEmpty();
        String latest = Clients.iterator(client, "orders", shard, ShardIteratorType.LATEST);
        put("d");
        assertThat(client.getRecords(b -> b.shardIterator(latest)).records())
                .extracting(r -> r.data().asUtf8String())
                .containsExactly("d");
    }

    @Test
    void aReaderSeesHowFarBehindItIs() {
        var put = put("a");
        clock.advance(Duration.ofSeconds(3));
        put("b");
        clock.advance(Duration.ofSeconds(4));
        String iterator = Clients.iterator(client, "orders", put.shardId(), ShardIteratorType.TRIM_HORIZON);

        var first = client.getRecords(b -> b.shardIterator(iterator).limit(1));
        assertThat(first.records()).hasSize(1);
        assertThat(first.millisBehindLatest()).isEqualTo(4_000);
        var second = client.getRecords(b -> b.shardIterator(first.nextShardIterator()));
        assertThat(second.records()).hasSize(1);
        assertThat(second.millisBehindLatest()).isZero();
    }

    @Test
    void anAnswerHoldsAtMostTenMebibytes() {
        String big = "x".repeat(1_000_000);
        for (int i = 0; i < 12; i++) {
            put(big);
        }
        String shard = put("end").shardId();
        String iterator = Clients.iterator(client, "orders", shard, ShardIteratorType.TRIM_HORIZON);

        var first = client.getRecords(b -> b.shardIterator(iterator));
        assertThat(first.records()).hasSize(10);
        assertThat(client.getRecords(b -> b.shardIterator(first.nextShardIterator()))
                        .records())
                .hasSize(3);
    }

    @Test
    void testsSeeRecordsInTheOrderOfArrivalOverAllShards() {
        client.putRecords(b -> b.streamName("orders").records(Clients.entries("key", 100)));
        client.putRecords(b -> b.streamName("orders").records(Clients.entries("more", 100)));

        List<String> keys =
                stream.records("orders").stream().map(KeptRecord::partitionKey).toList();
        List<String> expected = new ArrayList<>();
        Clients.entries("key", 100).forEach(e -> expected.add(e.partitionKey()));
        Clients.entries("more", 100).forEach(e -> expected.add(e.partitionKey()));
        assertThat(keys).isEqualTo(expected);
        assertThat(stream.recordCount("orders")).isEqualTo(200);
    }

    private PutRecordResponse put(String data) {
        return client.putRecord(b -> b.streamName("orders").partitionKey("key").data(SdkBytes.fromUtf8String(data)));
    }

    private List<String> from(String shard, ShardIteratorType type, @Nullable String number, @Nullable Instant time) {
        String iterator = client.getShardIterator(b -> b.streamName("orders")
                        .shardId(shard)
                        .shardIteratorType(type)
                        .startingSequenceNumber(number)
                        .timestamp(time))
                .shardIterator();
        return client.getRecords(b -> b.shardIterator(iterator)).records().stream()
                .map(r -> r.data().asUtf8String())
                .toList();
    }
}
