package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Settings for a whole database, or for all of its tables, apply to Leat's tables too. Either everything works, or Leat says what is wrong.
 */
@Tag("postgres")
class DatabaseSettingsTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void prepare() {
        database.run("SELECT leat.grant_poller('leat_poller'); CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
        streams.createStream("changes", 2);
        cli.environment.put("LEAT_STREAM", "changes");
    }

    private void forEachTable(String statement) {
        database.run("DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class c"
                + " WHERE c.relnamespace = 'leat_internal'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP"
                + " EXECUTE format('" + statement + "', t); END LOOP; END $$");
    }

    private void assertSays(String... says) {
        CliRun.Result doctor = cli.leat("doctor", "--no-streams");
        assertThat(doctor.out()).as(doctor.toString()).contains(says);
        assertThat(doctor.exitCode()).isEqualTo(1);
        CliRun.Result status = cli.leat("status");
        assertThat(status.out()).as(status.toString()).contains(says);
        assertThat(status.exitCode()).isZero();
    }

    private void assertIsWell() {
        CliRun.Result doctor = cli.leat("doctor", "--no-streams");
        assertThat(doctor.exitCode()).as(doctor.toString()).isZero();
        assertThat(cli.leat("status").out()).doesNotContain("FAIL");
    }

    static Stream<String> settings() {
        return Extent.some(
                1,
                List.of(
                        "default_transaction_isolation = 'serializable'",
                        "default_transaction_deferrable = on",
                        "default_transaction_read_only = on",
                        "default_table_access_method = 'other'",
                        "default_tablespace = 'nowhere'",
                        "temp_tablespaces = 'nowhere'",
                        "idle_in_transaction_session_timeout = '500ms'",
                        "lock_timeout = '1ms'",
                        "statement_timeout = '3s'",
                        "session_replication_role = 'replica'",
                        "row_security = off",
                        "search_path = 'nowhere'",
                        "check_function_bodies = off",
                        "plan_cache_mode = 'force_custom_plan'",
                        "synchronous_commit = off",
                        "default_toast_compression = 'pglz'",
                        "client_min_messages = 'error'",
                        "xmlbinary = 'hex'",
                        "enable_indexscan = off"))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("settings")
    void eventsAreCapturedPublishedAndKept(String setting) throws Exception {
        database.superuser("CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler");
        database.superuser("ALTER DATABASE " + database.name() + " SET " + setting);
        CliRun owner = CliRun.on(database);
        CliRun.Result attached = owner.leat("attach", "public.orders");
        assertThat(attached.exitCode()).as(attached.toString()).isZero();
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> cli.leat("run", "--retain", "1d"));
        database.run("BEGIN READ WRITE; INSERT INTO public.orders VALUES (1, 'a'), (2, 'b');"
                + " UPDATE public.orders SET id = id + 10; COMMIT");
        Await.until("six records", LONG, () -> streams.recordCount("changes") == 6 || run.isDone());
        Await.until(
                "counts, and room for sent events",
                LONG,
                () -> run.isDone()
                        || "6,true"
                                .equals(
                                        database.value(
                                                "SELECT coalesce(sum(published), 0) || ',' || ((SELECT count(*) FROM pg_inherits"
                                                        + " WHERE inhparent = 'leat_internal.sent'::regclass) > 1) FROM leat_internal.counter")));
        CliRun.Result doctor = cli.leat("doctor", "--no-streams");
        assertThat(doctor.exitCode()).as(doctor.toString()).isZero();
        cli.stop.countDown();
        CliRun.Result result = run.get(60, TimeUnit.SECONDS);
        assertThat(result.exitCode()).as(result.toString()).isZero();
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("6");
        assertThat(database.value("SELECT count(*) FROM pg_class c JOIN pg_am m ON m.oid = c.relam"
                        + " WHERE c.relnamespace = 'leat_internal'::regnamespace AND m.amname = 'other'"))
                .isEqualTo("0");
    }

    @Test
    void tablesAreMadeForHeapWhateverTheDefault() {
        try (TestDatabase fresh = TestServer.shared().emptyDatabase()) {
            fresh.superuser("CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler");
            fresh.superuser("ALTER DATABASE " + fresh.name() + " SET default_table_access_method = 'other'");
            assertThat(CliRun.on(fresh).leat("migrate").exitCode()).isZero();
            assertThat(fresh.rows("SELECT c.relname FROM pg_class c JOIN pg_am m ON m.oid = c.relam"
                            + " WHERE c.relnamespace = 'leat_internal'::regnamespace AND m.amname = 'other'"))
                    .containsExactly(List.of("flyway_schema_history"));
        }
    }

    private static boolean since17() {
        return Integer.parseInt(TestServer.shared().value("SHOW server_version_num")) >= 170_000;
    }

    @Test
    @EnabledIf("since17")
    void transactionsAreEndedAfterAWhile() {
        database.superuser("ALTER DATABASE " + database.name() + " SET transaction_timeout = '9s'");
        assertThat(cli.leat("doctor", "--no-streams").out())
                .contains("transaction_timeout is 9000 ms for this role", "ALTER ROLE ... SET transaction_timeout");
    }

    @Test
    void rowSecurityIsForcedOnAllTables() throws Exception {
        database.run("SELECT leat.attach('public.orders'); INSERT INTO orders VALUES (1)");
        forEachTable("ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
        assertSays("row security is forced on leat_internal.attachment", "NO FORCE ROW LEVEL SECURITY");
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> cli.leat("run"));
        forEachTable("ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
        Await.until(
                "the event and a heartbeat",
                LONG,
                () -> streams.recordCount("changes") == 1
                                && "1".equals(database.value("SELECT count(*) FROM leat_internal.poller"))
                        || run.isDone());
        cli.stop.countDown();
        assertThat(run.get(60, TimeUnit.SECONDS).exitCode()).isZero();
        assertIsWell();
    }

    @Test
    void rowSecurityIsOnForAllTables() {
        forEachTable("ALTER TABLE %s ENABLE ROW LEVEL SECURITY");
        assertSays("row security is on for leat_internal.attachment", "DISABLE ROW LEVEL SECURITY");
    }

    @Test
    void auditTriggersAreOnAllTables() {
        database.run("CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        forEachTable(
                "CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION audit()");
        assertSays(
                "what Leat has not made",
                "the trigger audit on leat_internal.attachment",
                "DROP TRIGGER audit on leat_internal.attachment");
    }

    @Test
    void theOutboxIsNoOrdinaryTable() {
        database.run("CREATE TABLE more () INHERITS (leat_internal.outbox)");
        assertSays("leat_internal.outbox is not the ordinary table");
    }

    @Test
    void thePrimaryKeyIsGone() {
        database.run("ALTER TABLE leat_internal.outbox DROP CONSTRAINT outbox_pkey");
        assertSays(
                "leat_internal.outbox has no primary key",
                "ALTER TABLE leat_internal.outbox ADD PRIMARY KEY (lane, id)");
    }

    @Test
    void everybodysRightsAreTakenAway() throws Exception {
        database.run("SELECT leat.attach('public.orders')");
        database.superuser("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, leat, leat_poller, leat_internal FROM PUBLIC;"
                + "REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE " + database.name() + " FROM PUBLIC;"
                + "GRANT CONNECT ON DATABASE " + database.name() + " TO leat_poller;"
                + "GRANT USAGE ON SCHEMA public TO leat_owner;"
                + "REVOKE ALL ON FUNCTION pg_control_system() FROM PUBLIC");
        database.run("INSERT INTO orders VALUES (1)");
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> cli.leat("run"));
        Await.until("the event", LONG, () -> streams.recordCount("changes") == 1 || run.isDone());
        cli.stop.countDown();
        assertThat(run.get(60, TimeUnit.SECONDS).exitCode()).isZero();
        CliRun.Result doctor = cli.leat("doctor", "--no-streams");
        assertThat(doctor.out()).contains("public.orders");
    }

    @Test
    void whatACommandNeedsOfTheCatalogIsTakenAway() {
        database.run("SELECT leat.attach('public.orders')");
        database.superuser("REVOKE SELECT ON pg_catalog.pg_locks, pg_catalog.pg_stat_activity FROM PUBLIC");
        CliRun.Result doctor = cli.leat("doctor", "--no-streams");
        assertThat(doctor.toString()).as(doctor.toString()).contains("pg_locks").doesNotContain("grant_poller");
        assertThat(doctor.exitCode()).isNotZero();
    }
}
