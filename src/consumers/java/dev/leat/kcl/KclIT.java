package dev.leat.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Every event from an insert to a real consumer of the Kinesis Client Library, while shards are split and merged. */
@Timeout(300)
class KclIT {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int KEYS = 200;

    @ParameterizedTest
    @EnumSource(names = {"NONE", "KPL"})
    void everyEventArrivesInOrder(Aggregation.Format format) throws Exception {
        try (TestDatabase database = TestServer.shared().database();
                TestStream stream = new TestStream(2);
                // Before the shards change: a consumer that begins later reads only the shards that are left.
                KclConsumer consumer = new KclConsumer(stream.local(), TestStream.NAME)) {
            database.run("CREATE TABLE item (id int PRIMARY KEY, version int NOT NULL)");
            database.run("SELECT leat.attach('item')");
            database.run("INSERT INTO item SELECT n, 0 FROM generate_series(1, " + KEYS + ") n");
            LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                    .settings(PollerSettings.builder()
                            .aggregation(Aggregation.all(format))
                            .build())
                    .build();
            poller.start();
            Await.until("the consumer to read", PATIENCE, () -> consumer.count() >= KEYS);
            update(database);
            split(stream, 0, 3);
            update(database);
            split(stream, 2, 7);
            update(database);
            merge(stream);
            update(database);
            Await.until(
                    "everything to be published",
                    PATIENCE,
                    () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox")));
            assertThat(poller.stop(PATIENCE).orderly()).isTrue();

            int expected = 21 * KEYS;
            Await.until(
                    "every event to arrive",
                    PATIENCE,
                    () -> ids(consumer.received()).size() >= expected);
            List<KinesisClientRecord> received = consumer.received();
            System.out.printf(
                    "%s: %d events in %d records, %d open shards, %d events received as parts of a record%n",
                    format,
                    expected,
                    stream.local().recordCount(TestStream.NAME),
                    shards(stream).size(),
                    received.stream().filter(KinesisClientRecord::aggregated).count());
            assertThat(ids(received)).hasSize(expected);
            Deduplicator deduplicator = new Deduplicator();
            Set<Long> seen = new HashSet<>();
            for (KinesisClientRecord record : received) {
                Identity event = identity(record);
                assertThat(event.partitionKey()).isEqualTo(record.partitionKey());
                if (seen.add(event.id())) {
                    assertThat(deduplicator.first(event))
                            .as("in the order of its key")
                            .isTrue();
                }
            }
            assertThat(received.stream().anyMatch(KinesisClientRecord::aggregated))
                    .isEqualTo(format == Aggregation.Format.KPL);
        }
    }

    private static void update(TestDatabase database) {
        for (int n = 0; n < 5; n++) {
            database.run("UPDATE item SET version = version + 1");
        }
    }

    /** Near the middle, so that the new border is inside of a lane. */
    private static void split(TestStream stream, int place, int share) {
        Shard shard = shards(stream).get(place);
        BigInteger start = new BigInteger(shard.hashKeyRange().startingHashKey());
        BigInteger end = new BigInteger(shard.hashKeyRange().endingHashKey());
        BigInteger at = start.add(end.subtract(start).divide(BigInteger.valueOf(share)));
        stream.client()
                .splitShard(request -> request.streamName(TestStream.NAME)
                        .shardToSplit(shard.shardId())
                        .newStartingHashKey(at.toString()));
    }

    private static void merge(TestStream stream) {
        List<Shard> shards = shards(stream);
        stream.client()
                .mergeShards(request -> request.streamName(TestStream.NAME)
                        .shardToMerge(shards.get(0).shardId())
                        .adjacentShardToMerge(shards.get(1).shardId()));
    }

    /** The open shards, in the order of their ranges. */
    private static List<Shard> shards(TestStream stream) {
        List<Shard> open = new ArrayList<>(stream.client()
                .listShards(request -> request.streamName(TestStream.NAME))
                .shards());
        open.removeIf(shard -> shard.sequenceNumberRange().endingSequenceNumber() != null);
        open.sort(Comparator.comparing(
                shard -> new BigInteger(shard.hashKeyRange().startingHashKey())));
        return open;
    }

    private static Set<Long> ids(List<KinesisClientRecord> records) {
        Set<Long> ids = new HashSet<>();
        records.forEach(record -> ids.add(identity(record).id()));
        return ids;
    }

    private static Identity identity(KinesisClientRecord record) {
        byte[] envelope = new byte[record.data().remaining()];
        record.data().duplicate().get(envelope);
        return Identity.of(envelope);
    }
}
