package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Await;
import dev.leat.testkit.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writers change the rows that a load reads. No old row may come after a newer one, and no row may be missing. */
@Tag("postgres")
class WritersBesideTest extends LoadFixture {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @BeforeEach
    void prepare() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t SELECT i, 'old' FROM generate_series(1, 6) i;"
                        + " SELECT leat.attach('public.t')");
    }

    private void load() {
        run("SELECT leat.load('public.t')");
    }

    /** Without the row's lock, or with FOR KEY SHARE, the old row would be read, and come after the new one. */
    @Test
    void aRowThatAWriterHoldsIsLoadedAfterItAsItIsThen() throws SQLException {
        load();
        try (Session writer = session()) {
            writer.run("BEGIN; UPDATE public.t SET v = 'new' WHERE id = 3");
            chunk(MOST);
            assertThat(loaded()).hasSize(5);
            assertThat(state()).isEqualTo("running");
            writer.run("COMMIT");
        }
        finish(MOST);
        assertThat(events())
                .filteredOn(event -> event.contains("public.t.3 "))
                .containsExactly("u public.t.3 {\"id\":3,\"v\":\"new\"}", "r last public.t.3 {\"id\":3,\"v\":\"new\"}");
    }

    @Test
    void aWriterOfARowThatAChunkHasReadWaitsForTheChunk() throws Exception {
        load();
        try (Session poller = session();
                Session writer = session()) {
            poller.run("BEGIN; SELECT leat_poller.load_chunk(10)");
            CompletableFuture<Void> update =
                    CompletableFuture.runAsync(() -> writer.run("UPDATE public.t SET v = 'new' WHERE id = 3"));
            Await.until(
                    "the writer to wait",
                    PATIENCE,
                    () -> "1"
                            .equals(value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                    + " AND datname = current_database()")));
            poller.run("COMMIT");
            update.join();
        }
        assertThat(events())
                .filteredOn(event -> event.contains("public.t.3 "))
                .containsExactly("r public.t.3 {\"id\":3,\"v\":\"old\"}", "u public.t.3 {\"id\":3,\"v\":\"new\"}");
    }

    @Test
    void whoOnlyReadsOrRefersToARowDoesNotWaitForAChunk() throws SQLException {
        run("CREATE TABLE public.child (id int REFERENCES public.t)");
        load();
        try (Session poller = session();
                Session other = session()) {
            poller.run("BEGIN; SELECT leat_poller.load_chunk(10)");
            other.run("SET lock_timeout = '1s'; INSERT INTO public.child VALUES (3); SELECT * FROM public.t");
            poller.run("COMMIT");
        }
        assertThat(loaded()).hasSize(6);
    }

    /** What a chunk of a load does while a writer holds rows for longer than it may wait. */
    @Test
    void aLoadNeverWaitsLongForAWriterAndForgetsNothing() throws SQLException {
        load();
        try (Session writer = session()) {
            writer.run("BEGIN; UPDATE public.t SET v = 'new' WHERE id IN (2, 3, 6)");
            for (int i = 0; i < 8; i++) {
                long began = System.nanoTime();
                chunk(2);
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
            }
            assertThat(loaded()).hasSize(3).noneMatch(event -> event.contains("last"));
            assertThat(value("SELECT held_rows FROM leat_poller.load")).isEqualTo("3");
            writer.run("ROLLBACK");
        }
        finish(2);
        assertThat(loaded()).hasSize(6).last().asString().startsWith("r last ");
        assertThat(value("SELECT count(DISTINCT partition_key) FROM leat_internal.outbox WHERE after->>'v' = 'old'"))
                .isEqualTo("6");
    }

    /** Where nobody follows the changes, the load has to find the row as it is then. */
    @Test
    void aRowThatIsChangedBetweenTriesIsFoundAgain() throws SQLException {
        run("SELECT leat.detach('public.t'); SELECT leat.load('public.t', only_rows => true)");
        try (Session writer = session()) {
            writer.run("BEGIN; UPDATE public.t SET v = 'once' WHERE id = 3");
            chunk(MOST);
            writer.run("COMMIT; BEGIN; UPDATE public.t SET v = 'twice' WHERE id = 3");
            chunk(MOST);
            writer.run("COMMIT");
        }
        finish(MOST);
        assertThat(loaded())
                .contains("r last public.t.3 {\"id\":3,\"v\":\"twice\"}")
                .hasSize(6);
    }

    @Test
    void aRowThatIsAlwaysHeldBySomebodyIsWaitedFor() throws Exception {
        load();
        try (Session writer = session();
                Session next = session()) {
            writer.run("BEGIN; UPDATE public.t SET v = 'a' WHERE id = 3");
            chunk(MOST);
            // From here on nobody finds the row free without waiting: another writer is always in the queue.
            CompletableFuture<Void> queued =
                    CompletableFuture.runAsync(() -> next.run("BEGIN; UPDATE public.t SET v = 'b' WHERE id = 3"));
            Await.until(
                    "the second writer to wait",
                    PATIENCE,
                    () -> "1"
                            .equals(value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                    + " AND datname = current_database()")));
            chunk(MOST);
            assertThat(state()).isEqualTo("running");
            writer.run("COMMIT");
            queued.join();
            chunk(MOST);
            assertThat(state()).isEqualTo("running");
            CompletableFuture<Void> ends = CompletableFuture.runAsync(() -> {
                Await.until(
                        "the load to wait",
                        PATIENCE,
                        () -> "1"
                                .equals(value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                        + " AND datname = current_database()")));
                next.run("COMMIT");
            });
            for (int i = 0; i < 200 && "running".equals(state()); i++) {
                chunk(MOST);
            }
            ends.join();
        }
        assertThat(loaded())
                .contains("r last public.t.3 {\"id\":3,\"v\":\"b\"}")
                .hasSize(6);
    }

    /** The key moves from before the bound to behind it, and back: the writer's own events tell of it. */
    @Test
    void aKeyThatChangesWhileTheLoadPassesByIsCoveredByTheWriter() throws SQLException {
        load();
        try (Session writer = session()) {
            chunk(3);
            writer.run("UPDATE public.t SET id = 20 WHERE id = 1; UPDATE public.t SET id = 0 WHERE id = 5");
            writer.run("BEGIN; UPDATE public.t SET id = -1 WHERE id = 4");
            chunk(MOST);
            writer.run("COMMIT");
        }
        finish(MOST);
        assertThat(events())
                .contains(
                        "c public.t.20 {\"id\":20,\"v\":\"old\"}",
                        "c public.t.0 {\"id\":0,\"v\":\"old\"}",
                        "c public.t.-1 {\"id\":-1,\"v\":\"old\"}")
                .noneMatch(event -> event.startsWith("r") && (event.contains("t.5 ") || event.contains("t.4 ")));
        assertReplayEqualsTheTable("public.t", "id");
    }

    /** Counting rows, the load would go past as many as are gone. */
    @Test
    void aRowThatIsDeletedBehindTheLoadHidesNoOther() {
        load();
        chunk(3);
        run("DELETE FROM public.t WHERE id < 3");
        finish(2);
        assertThat(loaded()).hasSize(6);
        assertReplayEqualsTheTable("public.t", "id");
    }

    /** One of them is held, and a row comes to have the same key meanwhile. */
    @Test
    void rowsThatShareAKeyAreLoadedTogetherOrNotYet() throws SQLException {
        run("CREATE TABLE public.d (a int, v int); INSERT INTO public.d VALUES (1, 1), (2, 2), (2, 3), (3, 4);"
                + " SELECT leat.attach('public.d', key => '{a}'); SELECT leat.load('public.d')");
        try (Session writer = session()) {
            writer.run("BEGIN; SELECT FROM public.d WHERE v = 3 FOR UPDATE");
            chunk(MOST);
            assertThat(loaded()).hasSize(2);
            run("UPDATE public.d SET a = 2 WHERE v = 1");
            writer.run("COMMIT");
        }
        finish(MOST);
        assertThat(loaded()).contains("r public.d(a).2 {\"a\":2,\"v\":2}", "r public.d(a).2 {\"a\":2,\"v\":3}");
        assertThat(loaded()).filteredOn(event -> event.contains("\"v\":2}")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"REPEATABLE READ", "SERIALIZABLE"})
    void aLoadRefusesASnapshotThatIsOlderThanItsLocks(String level) throws SQLException {
        load();
        try (Session poller = session()) {
            poller.run("BEGIN ISOLATION LEVEL " + level);
            assertThat(poller.refusal("SELECT leat_poller.load_chunk(10)").state())
                    .isEqualTo("25000");
        }
    }

    /** A snapshot is consistent, and may be older than what was published meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"REPEATABLE READ", "SERIALIZABLE"})
    void aSnapshotDoesNotStandInForTheLocks(String level) throws SQLException {
        load();
        try (Session poller = session()) {
            poller.run("BEGIN ISOLATION LEVEL " + level + "; SELECT FROM public.t");
            run("UPDATE public.t SET v = 'new' WHERE id = 3");
            try {
                poller.run("SELECT leat_poller.load_chunk(10)");
                poller.run("COMMIT");
            } catch (IllegalStateException refused) {
                poller.run("ROLLBACK");
            }
        }
        finish(MOST);
        assertThat(events())
                .filteredOn(event -> event.contains("public.t.3 "))
                .containsExactly("u public.t.3 {\"id\":3,\"v\":\"new\"}", "r public.t.3 {\"id\":3,\"v\":\"new\"}");
    }

    @Test
    void rowsOfAPreparedTransactionAreWaitedFor() throws SQLException {
        load();
        try (Session writer = session()) {
            writer.run("BEGIN; UPDATE public.t SET v = 'new' WHERE id = 3; PREPARE TRANSACTION 'load_" + database.name()
                    + "'");
        }
        chunk(MOST);
        chunk(MOST);
        assertThat(state()).isEqualTo("running");
        run("COMMIT PREPARED 'load_" + database.name() + "'");
        finish(MOST);
        assertReplayEqualsTheTable("public.t", "id");
    }

    /** A row that moves to another partition while it is being locked cannot be followed; the chunk is read again. */
    @Test
    void aRowThatMovesToAnotherPartitionIsCovered() throws SQLException {
        run("CREATE TABLE public.p (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE public.p2 PARTITION OF public.p FOR VALUES FROM (10) TO (20);"
                + " INSERT INTO public.p SELECT i, 'old' FROM generate_series(1, 15) i; SELECT leat.attach('public.p');"
                + " SELECT leat.load('public.p')");
        try (Session writer = session()) {
            writer.run("BEGIN; UPDATE public.p SET id = 19 WHERE id = 3");
            chunk(MOST);
            writer.run("COMMIT");
        }
        finish(4);
        assertReplayEqualsTheTable("public.p", "id");
    }

    /** By each key's last event: what a consumer has in the end. */
    private void assertReplayEqualsTheTable(String table, String key) {
        List<List<String>> replayed = database.rows("SELECT after ->> '" + key + "', after ->> 'v' FROM"
                + " (SELECT DISTINCT ON (partition_key) * FROM leat_internal.outbox ORDER BY partition_key, id DESC) o"
                + " WHERE op <> 'd' ORDER BY (after ->> '" + key + "')::int");
        assertThat(replayed).isEqualTo(database.rows("SELECT " + key + ", v FROM " + table + " ORDER BY " + key));
    }
}
