package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.PollerSettings;
import dev.leat.database.PinnedDataSource;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.reconcile.Reconciliation.ReconcileOptions;
import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Where stream and table agree nothing is found, however the rows read and whatever happens meanwhile. */
@Tag("postgres")
@Timeout(180)
class EqualTablesTest extends ReconcileFixture {

    private static final String TYPES = """
            CREATE TYPE mood AS ENUM ('it''s ok', 'sad');
            CREATE TYPE pair AS (a int, b text);
            CREATE DOMAIN small AS int CHECK (VALUE < 100);
            CREATE TABLE everything (
                id int PRIMARY KEY, n numeric, f float8, r real, t timestamptz, ts timestamp, d date, i interval, j jsonb, js json, b bytea,
                xs int[], texts text[], pairs pair[], m mood, p pair, s small, range tstzrange, money money, c char(5), bits varbit,
                long text, generated int GENERATED ALWAYS AS (id * 2) STORED);
            ALTER TABLE everything ALTER COLUMN long SET STORAGE EXTERNAL;
            """;

    private static final String VALUES = """
            INSERT INTO everything VALUES
                (1, 'NaN', 'NaN', '-0', 'infinity', '-infinity', '0044-03-15 BC', '1 year -3 days', '{"b":1,"a":1.10}', E'{"a" :\\n\\r 1.10}',
                 '\\x00ff', '{1,NULL}', '{"a,b",NULL}', ARRAY[ROW(1, NULL)::pair], 'it''s ok', ROW(2, 'x')::pair, 7, '[2026-01-01,)',
                 1234.5::numeric::money, 'a', B'101', repeat('long ', 4000)),
                (2, 1.0, 'Infinity', 0.1, '2026-01-02 03:04:05.6+09', now(), 'infinity', '24:00', '[]', '"\\u0000 \\ud800"', '', '[2:3]={1,2}',
                 '{}', '{}', 'sad', NULL, 99, 'empty', (-1)::numeric::money, '', '', E'tab\\t "quotes" \\\\ \\u00e9 \\U0001F600');
            INSERT INTO everything (id, n) VALUES (3, NULL), (4, 1.00);
            UPDATE everything SET f = 0.1::float8 + 0.2 WHERE id IN (1, 3);
            UPDATE everything SET js = (SELECT json_agg(x) FROM (VALUES (1), (2)) AS v (x)) WHERE id = 4;
            """;

    static Stream<Aggregation.Format> formats() {
        return Extent.some(1, List.of(Aggregation.Format.values())).stream();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void everyTypeReadsAlikeWithAndWithoutAggregation(Aggregation.Format format) throws Exception {
        run(TYPES);
        run("SELECT leat.attach('everything')");
        run("SET standard_conforming_strings = on; " + VALUES);
        poller(PollerSettings.builder().aggregation(Aggregation.all(format)).build());
        awaitPublished();
        assertEqual("public.everything", 4);
        // The rows that a load sends, too.
        run("SELECT leat.load('everything')");
        awaitLoaded();
        assertEqual("public.everything", 4);
    }

    @Test
    void theSettingsOfTheSessionDoNotMatter() throws Exception {
        run(TYPES);
        run("SELECT leat.attach('everything')");
        run(VALUES);
        poller();
        run("ALTER ROLE leat_owner IN DATABASE " + database.name() + " SET TimeZone = 'Asia/Tokyo'");
        run("ALTER ROLE leat_owner IN DATABASE " + database.name() + " SET DateStyle = 'German'");
        run("ALTER ROLE leat_owner IN DATABASE " + database.name() + " SET bytea_output = 'escape'");
        run("ALTER ROLE leat_owner IN DATABASE " + database.name() + " SET extra_float_digits = -5");
        assertEqual("public.everything", 4);
    }

    @Test
    void writersMayGoOnAndPollersToo() throws Exception {
        run("CREATE TABLE item (id int, part text, v int NOT NULL, PRIMARY KEY (id, part))");
        run("INSERT INTO item SELECT i / 3, 'p' || i, 0 FROM generate_series(1, 600) i");
        run("SELECT leat.attach('item')");
        run("SELECT leat.load('item')");
        poller();
        poller();
        awaitLoaded();
        try (WritersOfItems writers = new WritersOfItems(database)) {
            for (int i = 0; i < Extent.of(1, 3); i++) {
                Found found = reconcile("public.item");
                assertThat(found.differences()).as("comparison " + i).isEmpty();
                assertThat(found.rows().keySet()).containsExactly(Count.EQUAL);
            }
            assertThat(writers.written()).isGreaterThan(100);
        }
        awaitPublished();
        assertEqual("public.item", Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM item"))));
    }

    /** What commits after the snapshot was taken reaches the stream before the markers, and does not count. */
    @Test
    void whatCommitsAfterTheSnapshotDoesNotCount() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY, v int NOT NULL); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT i, 0 FROM generate_series(1, 30) i");
        poller();
        awaitPublished();
        SourceDatabase source = new SourceDatabase(PinnedDataSource.of(database.owner()), "public.item", List.of());
        List<String> stages = new ArrayList<>();
        List<Difference> differences = new ArrayList<>();
        Reconciled result = new Reconciliation(
                        source,
                        source.table(),
                        stream.client(),
                        options(null, Instant.EPOCH),
                        differences::add,
                        line -> {
                            // The first line of waiting after the markers were published: the snapshot is taken by
                            // then.
                            if (stages.isEmpty()
                                    && "1"
                                            .equals(database.value("SELECT count(*) FROM pg_stat_activity WHERE"
                                                    + " datname = current_database() AND state = 'idle in transaction'"
                                                    + " AND backend_xmin IS NOT NULL"))) {
                                stages.add("snapshot");
                                run("UPDATE item SET v = 1 WHERE id <= 10; DELETE FROM item WHERE id = 11;"
                                        + " INSERT INTO item VALUES (31, 0)");
                                awaitPublished();
                            }
                        })
                .run();
        assertThat(stages).containsExactly("snapshot");
        assertThat(differences).isEmpty();
        assertThat(result.count(Count.EQUAL)).isEqualTo(30);
    }

    /** Rows of one partition key are in several shards, one after the other ({@link ShardsReaderTest} has the order). */
    @Test
    void aStreamThatIsReshardedReadsAlike() throws Exception {
        run("CREATE TABLE line (id int PRIMARY KEY, customer int NOT NULL, v int NOT NULL)");
        run("SELECT leat.attach('line', key => '{customer}')");
        poller();
        for (int round = 0; round < 4; round++) {
            run("INSERT INTO line SELECT " + round + " * 100 + i, i % 7, 0 FROM generate_series(1, 50) i");
            run("UPDATE line SET v = v + 1 WHERE id % 3 = 0; UPDATE line SET customer = customer + 1 WHERE id % 11 = 0;"
                    + " DELETE FROM line WHERE id % 17 = " + round);
            awaitPublished();
            if (round < 3) {
                reshard(round);
            }
        }
        assertThat(stream.local().shardUse(TestStream.NAME)).hasSizeGreaterThan(5);
        assertEqual("public.line", Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM line"))));
    }

    private void reshard(int round) {
        List<Shard> open = new ArrayList<>(stream.client()
                .listShards(request -> request.streamName(TestStream.NAME))
                .shards());
        open.removeIf(shard -> shard.sequenceNumberRange().endingSequenceNumber() != null);
        stream.client()
                .updateShardCount(request -> request.streamName(TestStream.NAME)
                        .targetShardCount(round == 1 ? 2 : 2 * open.size() - round)
                        .scalingType("UNIFORM_SCALING"));
    }

    @Test
    void hostileNamesMasksExclusionsAndLongKeysReadAlike() throws Exception {
        String name = "\"Or'd \"\"er\"\"; DROP %s\\.#1\"";
        run(
                "CREATE SCHEMA \"s p\"; CREATE TABLE \"s p\"." + name
                        + " (\"K'e\"\"y\" text, n numeric, card text, email text, \"leat_r\" int, PRIMARY KEY (\"K'e\"\"y\", n))");
        run("SELECT leat.attach('\"s p\"." + name.replace("'", "''") + "', exclude => '{card}', mask => '{email}')");
        run(
                "INSERT INTO \"s p\"." + name + " VALUES ('a', 1.0, 'secret', 'x@y', 1), ('a', 2, 'secret', NULL, 2),"
                        + " (E'line\\nbreak', 3, NULL, 'z', 3), (repeat('long', 200), 4, 's', 's', 4), ('#5', 5, NULL, NULL, NULL)");
        run("UPDATE \"s p\"." + name + " SET n = 1.00, email = 'other' WHERE n = 1");
        poller();
        awaitPublished();
        assertEqual("\"s p\"." + name, 5);
        // Changes of what does not leave are no differences.
        run("SELECT leat.detach('\"s p\"." + name.replace("'", "''") + "')");
        run("UPDATE \"s p\"." + name + " SET card = 'other', email = 'another' WHERE n = 4");
        run("SELECT leat.attach('\"s p\"." + name.replace("'", "''") + "', exclude => '{card}', mask => '{email}')");
        assertEqual("\"s p\"." + name, 5);
        run("UPDATE leat_internal.attachment SET masked = '{}', masked_attnums = '{}'");
        assertThat(reconcile("\"s p\"." + name).rows()).containsEntry(Count.DIFFERENT, 3L);
    }

    @Test
    void truncatesRemoveTheRowsOfBefore() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY, v int NOT NULL); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT i, 0 FROM generate_series(1, 200) i");
        poller();
        run("TRUNCATE item");
        run("INSERT INTO item SELECT i, 1 FROM generate_series(150, 220) i");
        awaitPublished();
        assertEqual("public.item", 71);
    }

    @Test
    void rowsOfATruncatedPartitionAreNotTakenForExtra() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY, v int NOT NULL) PARTITION BY RANGE (id);"
                + " CREATE TABLE item_1 PARTITION OF item FOR VALUES FROM (0) TO (100);"
                + " CREATE TABLE item_2 PARTITION OF item FOR VALUES FROM (100) TO (200); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT i, 0 FROM generate_series(50, 149) i");
        poller();
        awaitPublished();
        assertEqual("public.item", 100);
        run("TRUNCATE item_1");
        awaitPublished();
        assertThat(reconcile("public.item").rows()).isEqualTo(Map.of(Count.EQUAL, 50L, Count.NOT_CAPTURED, 50L));
    }

    @Test
    void withoutOldRowsAndWithoutDeletesTheStreamIsReadAsItIs() throws Exception {
        run("CREATE TABLE line (id int PRIMARY KEY, customer int NOT NULL, v int NOT NULL)");
        run("SELECT leat.attach('line', key => '{customer}', before => false)");
        run("INSERT INTO line SELECT i, i % 5, 0 FROM generate_series(1, 40) i");
        run("UPDATE line SET customer = customer + 1 WHERE id % 4 = 0; UPDATE line SET id = id + 100 WHERE id % 7 = 0;"
                + " DELETE FROM line WHERE id % 10 = 3");
        poller();
        awaitPublished();
        assertEqual("public.line", Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM line"))));
        run("SELECT leat.attach('line', key => '{customer}', operations => '{insert,update}')");
        run("DELETE FROM line WHERE id = 1");
        assertThat(reconcile("public.line").rows().get(Count.NOT_CAPTURED)).isEqualTo(1);
    }

    @Test
    void aLongTransactionOfOthersIsNotWaitedFor() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY, v int NOT NULL); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT i, 0 FROM generate_series(1, 30) i");
        poller();
        try (Session writer = new Session(database.owner().getConnection())) {
            writer.run("BEGIN; UPDATE item SET v = 1 WHERE id = 1");
            assertEqual("public.item", 30);
            writer.run("COMMIT");
        }
        assertEqual("public.item", 30);
    }

    @Test
    @Tag("full")
    void withoutMarkersTheEndOfTheStreamIsWaitedFor() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT generate_series(1, 30)");
        poller();
        ReconcileOptions with = options(null, Instant.EPOCH);
        long before = stream.local().recordCount(TestStream.NAME);
        Found found = reconcile(
                "public.item",
                new ReconcileOptions(with.stream(), null, Instant.EPOCH, null, false, PATIENCE, with.pace(), 0));
        assertThat(found.rows()).isEqualTo(Map.of(Count.EQUAL, 30L));
        assertThat(stream.local().recordCount(TestStream.NAME) - before).isEqualTo(30);
    }

    /** Writers that insert, change, re-key and delete, one transaction after the other. */
    private static final class WritersOfItems implements AutoCloseable {

        private final List<Thread> threads = new ArrayList<>();
        private final AtomicInteger written = new AtomicInteger();
        private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
        private volatile boolean stopping;

        WritersOfItems(TestDatabase database) {
            long seed = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);
            System.out.println("EqualTablesTest: -Dleat.test.seed=" + seed);
            for (int i = 0; i < 2; i++) {
                Random random = new Random(seed + i);
                Thread thread = new Thread(() -> write(database, random), "writer-" + i);
                threads.add(thread);
                thread.start();
            }
        }

        private void write(TestDatabase database, Random random) {
            try (Connection connection = database.owner().getConnection();
                    Statement statement = connection.createStatement()) {
                while (!stopping) {
                    int id = random.nextInt(200);
                    try {
                        statement.execute(
                                switch (random.nextInt(4)) {
                                    case 0 ->
                                        "INSERT INTO item VALUES (" + id + ", 'p" + random.nextInt(600)
                                                + "', 0) ON CONFLICT DO NOTHING";
                                    case 1 -> "DELETE FROM item WHERE id = " + id + " AND part = 'p" + id * 3 + "'";
                                    case 2 -> "UPDATE item SET part = part || 'x' WHERE id = " + id;
                                    default ->
                                        "BEGIN; UPDATE item SET v = v + 1 WHERE id = " + id
                                                + "; UPDATE item SET v = v + 1 WHERE id = " + id + "; COMMIT";
                                });
                        written.incrementAndGet();
                        LockSupport.parkNanos(1_000_000);
                    } catch (SQLException e) {
                        if (!List.of("40P01", "23505").contains(String.valueOf(e.getSQLState()))) {
                            throw e;
                        }
                        statement.execute("ROLLBACK");
                    }
                }
            } catch (SQLException e) {
                troubles.add(e.toString());
            }
        }

        int written() {
            return written.get();
        }

        @Override
        public void close() throws InterruptedException {
            stopping = true;
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(troubles).isEmpty();
        }
    }
}
