package dev.leat.consumers;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.localstream.KeptRecord;
import dev.leat.schema.Migrations;
import dev.leat.testkit.Await;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;

/** Cases of the one rule for consumers, each with a similar rule that loses events. */
@Timeout(120)
class DocumentedRuleTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase north = TestServer.shared().database();
    private final TestDatabase south = TestServer.shared().database();
    private final TestStream stream = new TestStream(2);

    @AfterEach
    void close() {
        stream.close();
        south.close();
        north.close();
    }

    private static void attach(TestDatabase database) {
        database.run("""
                CREATE TABLE IF NOT EXISTS item (id bigint PRIMARY KEY, name text, version int);
                CREATE TABLE IF NOT EXISTS part (id int PRIMARY KEY, customer int, name text, version int)""");
        database.run("SELECT leat.attach('item'), leat.attach('part', key => '{customer}', before => false)");
    }

    private LeatPoller poller(TestDatabase database, Aggregation.Format format) throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder()
                        .aggregation(Aggregation.all(format))
                        .serverName(name(database))
                        .build())
                .build();
        poller.start();
        return poller;
    }

    private String name(TestDatabase database) {
        return database == north ? "north" : "south";
    }

    private static void awaitPublished(TestDatabase database) {
        database.awaitEmptyOutbox(PATIENCE);
    }

    private void publish(TestDatabase database, Aggregation.Format format) throws SQLException, InterruptedException {
        LeatPoller poller = poller(database, format);
        awaitPublished(database);
        assertThat(poller.stop(PATIENCE).orderly()).isTrue();
    }

    private List<KeptRecord> records() {
        return stream.local().records(TestStream.NAME);
    }

    /** A rule that keeps one number for what that function makes of an event. */
    private static View.Rule by(Function<View.Seen, String> key) {
        Map<String, Long> lastIds = new HashMap<>();
        return event -> {
            long id = Identity.of(event.event()).id();
            Long last = lastIds.get(key.apply(event));
            if (last != null && id <= last) {
                return false;
            }
            lastIds.put(key.apply(event), id);
            return true;
        };
    }

    @ParameterizedTest
    @EnumSource
    void anEventThatCommitsAfterAHigherIdOfAnotherRowOfItsLaneIsNew(Aggregation.Format format) throws Exception {
        attach(north);
        List<Integer> ids = IntStream.range(0, 1_000)
                .filter(id -> View.laneOf("public.item." + id) == 17)
                .limit(2)
                .boxed()
                .toList();
        try (Session first = new Session(north.owner().getConnection())) {
            first.run("BEGIN; INSERT INTO item VALUES (" + ids.get(0) + ", 'first', 1)");
            LeatPoller poller = poller(north, format);
            // Two, so that there is something to aggregate.
            north.run("INSERT INTO item VALUES (" + ids.get(1) + ", 'second', 1);"
                    + " UPDATE item SET version = 2 WHERE id = " + ids.get(1));
            Await.until("the second to be published", PATIENCE, () -> !records().isEmpty());
            awaitPublished(north);
            first.run("UPDATE item SET version = 2 WHERE id = " + ids.get(0) + "; COMMIT");
            Await.until(
                    "the first to be published",
                    PATIENCE,
                    () -> View.of(View.documented(), records()).rows().containsKey("north item first 2"));
            awaitPublished(north);
            assertThat(poller.stop(PATIENCE).orderly()).isTrue();
        }

        View view = View.of(View.documented(), records());
        assertThat(view.rows()).containsOnlyKeys("north item first 2", "north item second 2");
        assertThat(view.skipped()).isZero();
        if (format == Aggregation.Format.LINES) {
            assertThat(View.of(by(View.Seen::recordPartitionKey), records()).skipped())
                    .as("by the record's partition key")
                    .isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyMarkerOfATruncateIsNew(Aggregation.Format format) throws Exception {
        attach(north);
        north.run("INSERT INTO item SELECT n, 'old', 1 FROM generate_series(1, 300) n;"
                + " INSERT INTO part SELECT n, n % 100, 'old', 1 FROM generate_series(1, 300) n");
        publish(north, format);
        north.run("TRUNCATE item; INSERT INTO item VALUES (1, 'new', 1)");
        north.run("TRUNCATE part; INSERT INTO part VALUES (1, 7, 'new', 1)");
        publish(north, format);

        View view = View.of(View.documented(), records());
        assertThat(view.rows()).containsOnlyKeys("north item new 1", "north part new 1");
        assertThat(view.skipped()).isZero();
        // A consumer reads shard after shard, in whatever order.
        List<KeptRecord> secondShardFirst = records().stream()
                .sorted(Comparator.comparing(KeptRecord::shardId).reversed())
                .toList();
        View byFields = View.of(
                by(event -> event.source("schema")
                        + event.source("table")
                        + event.envelope().get("key")),
                secondShardFirst);
        assertThat(byFields.skipped()).as("by schema, table and key").isPositive();
        assertThat(View.of(View.documented(), secondShardFirst).rows()).isEqualTo(view.rows());
    }

    @Test
    void keysThatJavaScriptCannotTellApartAreTwo() throws Exception {
        attach(north);
        north.run("INSERT INTO item VALUES (9007199254740992, 'even', 1)");
        publish(north, Aggregation.Format.NONE);
        try (Session late = new Session(north.owner().getConnection())) {
            late.run("BEGIN; INSERT INTO item VALUES (9007199254740993, 'odd', 1)");
            north.run("UPDATE item SET version = 2 WHERE name = 'even'");
            publish(north, Aggregation.Format.NONE);
            late.run("COMMIT");
        }
        publish(north, Aggregation.Format.NONE);

        View view = View.of(View.documented(), records());
        assertThat(view.rows()).containsOnlyKeys("north item even 2", "north item odd 1");
        View parsed = View.of(
                by(event -> String.valueOf(Double.parseDouble(String.valueOf(
                        requireNonNull((Map<?, ?>) event.envelope().get("key")).get("id"))))),
                records());
        assertThat(parsed.skipped()).as("by the key as JavaScript parses it").isPositive();
    }

    @Test
    void twoDatabasesWithTheSameTableHaveTheirOwnNumbers() throws Exception {
        attach(north);
        attach(south);
        south.run("INSERT INTO item VALUES (1, 'south', 1)");
        north.run("INSERT INTO item VALUES (1, 'north', 1)");
        // Both outboxes were made by one migration and copied, so that they draw the same ids.
        publish(north, Aggregation.Format.NONE);
        publish(south, Aggregation.Format.NONE);

        View view = View.of(View.documented(), records());
        assertThat(view.rows()).containsOnlyKeys("north item north 1", "south item south 1");
        assertThat(View.of(by(event -> event.source("partition_key")), records())
                        .skipped())
                .as("by the partition key alone")
                .isPositive();
    }

    @Test
    void anOutboxThatIsMadeAnewIsReadOn() throws Exception {
        attach(north);
        north.run("INSERT INTO item VALUES (1, 'old', 1)");
        for (int version = 2; version < 20; version++) {
            north.run("UPDATE item SET version = " + version);
        }
        publish(north, Aggregation.Format.NONE);
        north.run("DROP SCHEMA leat, leat_poller, leat_internal CASCADE");
        Migrations.migrate(north.owner());
        attach(north);
        north.run("UPDATE item SET name = 'new'");
        publish(north, Aggregation.Format.NONE);

        View view = View.of(View.documented(), records());
        assertThat(view.rows()).containsOnlyKeys("north item new 19");
        assertThat(view.skipped()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void withoutOldImagesEveryDeleteAndEveryChangeOfAKeyTellsItsRow(Aggregation.Format format) throws Exception {
        attach(north);
        north.run("INSERT INTO part SELECT n, n % 3, 'row ' || n, 1 FROM generate_series(1, 12) n");
        north.run("DELETE FROM part WHERE id = 1");
        north.run("UPDATE part SET id = 100, version = 2 WHERE id = 2");
        north.run("UPDATE part SET customer = 9, version = 2 WHERE id = 3");
        north.run("UPDATE part SET id = 101, customer = 9, version = 2 WHERE id = 4");
        north.run("DELETE FROM part WHERE id IN (5, 101)");
        publish(north, format);

        View view = View.of(View.documented(), records());
        Map<String, Integer> rows = new HashMap<>();
        north.rows("SELECT 'north part ' || name || ' ' || version FROM part")
                .forEach(row -> rows.put(String.valueOf(row.get(0)), 1));
        assertThat(view.rows()).isEqualTo(rows);
    }

    /** A request that was applied late, or a session that ended while its poller was publishing, puts an old record behind the newest. */
    @Test
    void aNumberThatIsForgottenAtADeleteBringsTheRowBack() throws Exception {
        attach(north);
        north.run("INSERT INTO item VALUES (1, 'ghost', 1)");
        publish(north, Aggregation.Format.NONE);
        KeptRecord created = records().get(0);
        north.run("DELETE FROM item");
        publish(north, Aggregation.Format.NONE);
        stream.client()
                .putRecord(request -> request.streamName(TestStream.NAME)
                        .partitionKey(created.partitionKey())
                        .data(SdkBytes.fromByteArray(created.data())));

        assertThat(View.of(View.documented(), records()).rows()).isEmpty();
        Deduplicator forgetful = new Deduplicator();
        View.Rule rule = event -> {
            Identity identity = Identity.of(event.event());
            boolean first = forgetful.first(identity);
            if ("d".equals(event.envelope().get("op"))) {
                forgetful.forget(new Deduplicator.Key(identity.sourceName(), identity.partitionKey()));
            }
            return first;
        };
        assertThat(View.of(rule, records()).rows())
                .as("by a consumer that forgets at a delete")
                .containsOnlyKeys("north item ghost 1");
    }
}
