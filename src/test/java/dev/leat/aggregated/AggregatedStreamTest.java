package dev.leat.aggregated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.consume.Unpacker;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** An outbox on a real PostgreSQL, pollers that aggregate, and a stream that is split and merged while they do. */
@Timeout(120)
class AggregatedStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int KEYS = 200;

    private final TestDatabase database = TestServer.shared().database();
    private final TestStream stream = new TestStream(2);

    @BeforeEach
    void attach() {
        database.run("CREATE TABLE item (id int PRIMARY KEY, version int NOT NULL, note json)");
        database.run("SELECT leat.attach('item')");
        database.run("INSERT INTO item SELECT n, 0, '{\"a\" :\n 1}' FROM generate_series(1, " + KEYS + ") n");
    }

    @AfterEach
    void close() {
        stream.close();
        database.close();
    }

    private LeatPoller poller(Aggregation.Format format) throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder()
                        .aggregation(Aggregation.all(format))
                        .build())
                .build();
        poller.start();
        return poller;
    }

    private void update(int times) {
        for (int n = 0; n < times; n++) {
            database.run("UPDATE item SET version = version + 1");
        }
    }

    private void awaitPublished() {
        database.awaitEmptyOutbox(PATIENCE);
    }

    @Test
    void noEventIsInAShardThatItDoesNotBelongToHoweverTheStreamIsSplitAndMerged() throws Exception {
        stream.local().faults(Faults.none().failingEntries(0.05).delaying(Duration.ofMillis(5)));
        LeatPoller one = poller(Aggregation.Format.KPL);
        LeatPoller two = poller(Aggregation.Format.KPL);
        update(5);
        splitAtAnUnevenPlace();
        update(5);
        stream.client()
                .updateShardCount(request ->
                        request.streamName(TestStream.NAME).targetShardCount(5).scalingType("UNIFORM_SCALING"));
        update(5);
        mergeTheFirstTwo();
        update(5);
        awaitPublished();
        assertThat(one.stop(PATIENCE).orderly()).isTrue();
        assertThat(two.stop(PATIENCE).orderly()).isTrue();

        Map<String, HashKeyRange> ranges = new HashMap<>();
        for (Shard shard : stream.client()
                .listShards(request -> request.streamName(TestStream.NAME))
                .shards()) {
            ranges.put(shard.shardId(), shard.hashKeyRange());
        }
        List<KeptRecord> records = stream.local().records(TestStream.NAME);
        Set<Long> ids = new HashSet<>();
        Deduplicator deduplicator = new Deduplicator();
        int late = 0;
        int aggregates = 0;
        for (KeptRecord record : records) {
            HashKeyRange range = Objects.requireNonNull(ranges.get(record.shardId()));
            List<byte[]> events = Unpacker.unpack(record.data());
            List<KinesisClientRecord> kept = new AggregatorUtil()
                    .deaggregate(List.of(received(record)), range.startingHashKey(), range.endingHashKey());
            assertThat(kept)
                    .as("what the Kinesis client library keeps for this shard")
                    .hasSameSizeAs(events);
            aggregates +=
                    (int) kept.stream().filter(KinesisClientRecord::aggregated).count();
            for (byte[] event : events) {
                Identity identity = Identity.of(event);
                if (ids.add(identity.id()) && !deduplicator.first(identity)) {
                    late++;
                }
            }
        }
        assertThat(ranges).hasSizeGreaterThan(5);
        assertThat(ids).hasSize(21 * KEYS);
        assertThat(late).isZero();
        assertThat(aggregates).isGreaterThan(10 * KEYS);
        assertThat(records.stream().map(KeptRecord::shardId).distinct()).hasSizeGreaterThan(4);
    }

    /** Through the middle of a lane, where a record placed by its key could go either way. */
    private void splitAtAnUnevenPlace() {
        Shard first = openShards().get(0);
        BigInteger start = new BigInteger(first.hashKeyRange().startingHashKey());
        BigInteger end = new BigInteger(first.hashKeyRange().endingHashKey());
        BigInteger third = start.add(end.subtract(start).divide(BigInteger.valueOf(3)));
        stream.client()
                .splitShard(request -> request.streamName(TestStream.NAME)
                        .shardToSplit(first.shardId())
                        .newStartingHashKey(third.toString()));
    }

    private void mergeTheFirstTwo() {
        List<Shard> open = openShards();
        stream.client()
                .mergeShards(request -> request.streamName(TestStream.NAME)
                        .shardToMerge(open.get(0).shardId())
                        .adjacentShardToMerge(open.get(1).shardId()));
    }

    private List<Shard> openShards() {
        List<Shard> open = new ArrayList<>(stream.client()
                .listShards(request -> request.streamName(TestStream.NAME))
                .shards());
        open.removeIf(shard -> shard.sequenceNumberRange().endingSequenceNumber() != null);
        open.sort(Comparator.comparing(
                shard -> new BigInteger(shard.hashKeyRange().startingHashKey())));
        return open;
    }

    private static KinesisClientRecord received(KeptRecord record) {
        return KinesisClientRecord.builder()
                .sequenceNumber(record.sequenceNumber())
                .approximateArrivalTimestamp(record.arrivedAt())
                .partitionKey(record.partitionKey())
                .data(ByteBuffer.wrap(record.data()))
                .build();
    }

    @Test
    void everyLineIsOneEventThoughPostgresqlBreaksLinesWithinOne() throws Exception {
        database.run("UPDATE item SET note = (SELECT json_agg(x) FROM (VALUES (1), (2)) AS v (x))");
        LeatPoller poller = poller(Aggregation.Format.LINES);
        awaitPublished();
        assertThat(poller.stop(PATIENCE).orderly()).isTrue();

        List<Long> ids = new ArrayList<>();
        for (KeptRecord record : stream.local().records(TestStream.NAME)) {
            String text = new String(record.data(), StandardCharsets.UTF_8);
            assertThat(text).endsWith("}\n");
            for (String line : text.split("\n", -1)) {
                if (!line.isEmpty()) {
                    assertThat(line).startsWith("{\"before\":").endsWith("}");
                    ids.add(Identity.of(line.getBytes(StandardCharsets.UTF_8)).id());
                }
            }
        }
        assertThat(ids).hasSize(2 * KEYS).doesNotHaveDuplicates();
        assertThat(stream.local().recordCount(TestStream.NAME)).isLessThan(2 * KEYS);
    }
}
