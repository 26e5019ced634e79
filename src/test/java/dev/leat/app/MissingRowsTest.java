package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Rows that Leat's tables need are missing: a test suite has emptied every table, or the database was created from a dump without data. The
 * result is the same: all tables are empty, and all sequences are at their start.
 */
@Tag("postgres")
class MissingRowsTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun owner = CliRun.on(database);
    private final CliRun poller = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void prepare() {
        database.run("SELECT leat.grant_poller('leat_poller'); CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                + "SELECT leat.attach('public.orders', capture => 'statement');"
                + "INSERT INTO orders VALUES (1, 'a')");
        streams.createStream("changes", 2);
        poller.environment.put("LEAT_STREAM", "changes");
    }

    /** One after the other: the locks of all at once, and those of a poller's claim, may end in a deadlock. */
    private void emptyAllTables(String but) {
        database.rows("SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace ="
                        + " 'leat_internal'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                        + " AND c.relname <> '" + but + "'")
                .forEach(row -> database.run("TRUNCATE " + row.get(0) + " RESTART IDENTITY CASCADE"));
    }

    private List<Long> ids() {
        return streams.records("changes").stream()
                .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                .map(text -> Long.parseLong(text.replaceAll("(?s).*\"source\":\\{.*?\"id\":(\\d+).*", "$1")))
                .toList();
    }

    @Test
    void aPollerPutsThemBackAndGoesOnAboveAllIds() throws Exception {
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> poller.leat("run"));
        Await.until("the first event", LONG, () -> streams.recordCount("changes") == 1 || run.isDone());
        emptyAllTables("flyway_schema_history");
        database.run("INSERT INTO orders VALUES (2, 'b')");
        Await.until("the second event", LONG, () -> streams.recordCount("changes") >= 2 || run.isDone());

        assertThat(run).isNotDone();
        poller.stop.countDown();
        CliRun.Result result = run.get(60, TimeUnit.SECONDS);
        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(database.value("SELECT count(*) FROM leat_internal.lane")).isEqualTo("64");
        assertThat(ids()).hasSize(2).isSorted().doesNotHaveDuplicates();
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
    }

    @Test
    void migratePutsThemBackAlthoughFlywaysHistoryIsGoneToo() {
        emptyAllTables("");
        CliRun.Result migrated = owner.leat("migrate");
        assertThat(migrated.exitCode()).as(migrated.toString()).isZero();
        assertThat(migrated.out())
                .contains("64 of the 64 rows of leat_internal.lane", "SELECT leat.grant_poller('leat_poller')");
        assertThat(owner.leat("migrate").out()).contains("up to date").doesNotContain("leat_internal.lane");

        database.run("SELECT leat.grant_poller('leat_poller'); SELECT leat.attach('public.orders')");
        CliRun.Result doctor = poller.leat("doctor", "--no-streams");
        assertThat(doctor.exitCode()).as(doctor.toString()).isZero();
    }

    @Test
    void aSchemaOfAnotherVersionWithoutItsHistoryIsLeftAlone() {
        database.run("CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 0';"
                + "TRUNCATE leat_internal.flyway_schema_history");
        CliRun.Result migrated = owner.leat("migrate");
        assertThat(migrated.exitCode()).isEqualTo(4);
        assertThat(migrated.err()).contains("leat_internal.flyway_schema_history", "pg_dump --data-only");
    }

    @Test
    void doctorAndStatusSayWhatIsMissing() {
        emptyAllTables("flyway_schema_history");
        CliRun.Result doctor = poller.leat("doctor", "--no-streams");
        assertThat(doctor.exitCode()).as(doctor.toString()).isEqualTo(1);
        assertThat(doctor.out())
                .contains(
                        "64 of the 64 rows of leat_internal.lane",
                        "the current row of leat_internal.history",
                        "leat migrate",
                        "triggers of Leat's are on public.orders",
                        "leat attach --file");
        CliRun.Result status = poller.leat("status");
        assertThat(status.out())
                .as(status.toString())
                .contains("64 of the 64 rows of leat_internal.lane", "are on public.orders");
        assertThat(poller.leat("status", "--json").out()).contains("\"faults\"", "leat_internal.history");
    }

    @Test
    void attachPutsThemBackAndTakesNobodysFunction() {
        database.run("CREATE TABLE items (id bigint PRIMARY KEY); CREATE TABLE parts (id bigint PRIMARY KEY)");
        emptyAllTables("flyway_schema_history");
        database.run("SELECT leat.attach('public.items')");
        database.run("INSERT INTO orders VALUES (3); INSERT INTO items VALUES (1)");
        assertThat(database.rows("SELECT table_name, fault FROM leat_internal.outbox WHERE op = 'c' ORDER BY id"))
                .extracting(row -> row.get(0))
                .containsExactly("orders", "items");

        database.run(
                "SELECT leat.attach('public.orders'); INSERT INTO orders VALUES (4); UPDATE orders SET id = id + 10 WHERE id > 2");
        assertThat(database.rows("SELECT op FROM leat_internal.outbox WHERE table_name = 'orders' ORDER BY id"))
                .extracting(row -> row.get(0))
                .containsExactly("c", "c", "d", "c", "d", "c");
        assertThat(poller.leat("status").out()).doesNotContain("are on public.orders");
    }

    @Test
    void writersGoOnWhileTheyAreGone() {
        emptyAllTables("flyway_schema_history");
        database.run(
                "INSERT INTO orders VALUES (5); ALTER TABLE orders ADD COLUMN more int; INSERT INTO orders VALUES (2, 'a', 3);"
                        + "UPDATE orders SET more = 4; TRUNCATE orders");
        assertThat(database.value("SELECT count(*) >= 4 FROM leat_internal.outbox"))
                .isEqualTo("t");
    }
}
