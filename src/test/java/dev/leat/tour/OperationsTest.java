package dev.leat.tour;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.CliRun;
import dev.leat.app.LocalAws;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs the SQL of docs/operations.md literally, and checks that it does what the page says. */
@Tag("postgres")
class OperationsTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    /** Every object that is not PostgreSQL's own, with what everybody may do with it. */
    private static final String OBJECTS = """
            SELECT 'schema ' || nspname || coalesce(nspacl::text, '') AS object FROM pg_namespace
            WHERE nspname !~ '^pg_(toast|temp)'
            UNION ALL SELECT 'relation ' || c.oid::regclass || c.relkind::text || coalesce(c.relacl::text, '') || c.relreplident::text
                      FROM pg_class c WHERE c.oid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace
            UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384
            UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE oid >= 16384 AND typelem = 0
            UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE oid >= 16384
            UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
            UNION ALL SELECT 'default ' || defaclacl::text FROM pg_default_acl
            UNION ALL SELECT 'database ' || coalesce(datacl::text, '') FROM pg_database WHERE datname = current_database()
            UNION ALL SELECT 'setting ' || setconfig::text FROM pg_db_role_setting s
                      JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()
            UNION ALL SELECT 'held by ' || refobjid::regrole FROM pg_shdepend
                      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND refclassid = 'pg_authid'::regclass AND refobjid::regrole::text IN ('ops_poller', 'ops_publisher')
            ORDER BY 1
            """;

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private static String documented(String name) {
        try {
            String page = Files.readString(Path.of("docs", "operations.md"));
            String begin = "<!-- " + name + " -->";
            assertThat(page).contains(begin, "<!-- /" + name + " -->");
            return page.substring(page.indexOf(begin) + begin.length(), page.indexOf("<!-- /" + name + " -->"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String ofRole(String sql, String role) {
        return sql.replace("leat_poller", role);
    }

    private void install() {
        assertThat(CliRun.on(database).leat("migrate").exitCode()).isZero();
        database.run("SELECT leat.grant_poller('ops_poller'), leat.grant_publisher('ops_publisher')");
        database.run("SELECT leat.attach('public.orders', stream => 'production-orders'), leat.attach('public.parted'),"
                + " leat.attach('public.bulk', capture => 'statement'), leat.allow_stream('production-audit')");
        database.run(
                "INSERT INTO orders VALUES (1), (2); INSERT INTO parted VALUES (1, 1); INSERT INTO bulk VALUES (1);"
                        + " SELECT leat_poller.rotate_sent('1 day'); SELECT leat.publish('k', 'T', '{}')");
        database.run("""
                INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name,
                                             partition_key, db_user, state, reason)
                OVERRIDING SYSTEM VALUE
                SELECT 999, leat_internal.lane_of('k'), 'c', false, false, now(), 1, 'public', 'orders', 'k', 'app', 'retry', 'too large'
                """);
    }

    private void tables() {
        List.of("ops_poller", "ops_publisher").forEach(database::role);
        database.run("CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE bulk (id int PRIMARY KEY);"
                + " CREATE TABLE parted (id int, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);"
                + " CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1)");
    }

    @Test
    void nothingIsLeftOfLeatAfterItsRemoval() {
        tables();
        List<List<String>> before = database.rows(OBJECTS);
        install();
        // A table that is gone is attached still.
        database.run("CREATE TABLE gone (id int PRIMARY KEY); SELECT leat.attach('public.gone'); DROP TABLE gone");
        assertThat(database.rows(OBJECTS)).isNotEqualTo(before);

        for (String statement : documented("remove").strip().split(";")) {
            database.run(statement);
        }

        assertThat(database.rows(OBJECTS)).isEqualTo(before);
        database.run("INSERT INTO orders VALUES (3); UPDATE parted SET id = 2; DELETE FROM bulk; TRUNCATE orders");
        for (String role : List.of("ops_poller", "ops_publisher")) {
            database.superuser(ofRole(documented("drop role"), role));
        }
    }

    @Test
    void rowsFromBeforeTheAttachmentAreSentWhenTheyAreTouched() {
        tables();
        database.run("INSERT INTO orders VALUES (1), (2)");
        assertThat(CliRun.on(database).leat("migrate").exitCode()).isZero();
        assertThat(CliRun.on(database).leat("attach", "public.orders").exitCode())
                .isZero();
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        database.run(documented("touch"));
        assertThat(String.valueOf(database.rows("SELECT op, after FROM leat_internal.outbox ORDER BY id")))
                .isEqualTo("[[u, {\"id\":1}], [u, {\"id\":2}]]");
    }

    @Test
    void aPollersRoleCanBeDroppedWhileLeatStays() {
        tables();
        install();
        for (String role : List.of("ops_poller", "ops_publisher")) {
            String drop = ofRole(documented("drop role"), role);
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> database.superuser(drop)))
                    .hasMessageContaining("cannot be dropped");
            database.run(ofRole(documented("revoke"), role));
            database.superuser(drop);
        }
        assertThat(CliRun.on(database).leat("doctor", "--no-streams").out()).doesNotContain("FAIL  grants");
    }

    @Test
    void aCopyOfProductionSendsNothingOfProductions() throws Exception {
        tables();
        install();
        try (LocalStream streams = LocalStream.start();
                LocalAws aws = LocalAws.of(streams)) {
            List.of("production-orders", "production-audit", "changes-staging")
                    .forEach(each -> streams.createStream(each, 1));
            for (String statement : documented("staging").strip().split(";")) {
                database.run(statement);
            }
            CliRun poller = CliRun.on(database, "ops_poller");
            poller.environment.put("LEAT_STREAM", "changes-staging");
            poller.environment.put("LEAT_SERVER_NAME", "shop-staging");
            CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> poller.leat("run"));
            database.run("INSERT INTO orders VALUES (3)");
            database.run("INSERT INTO bulk VALUES (3)");
            Await.until("two records", LONG, () -> streams.recordCount("changes-staging") >= 2 || run.isDone());
            poller.stop.countDown();
            assertThat(run.get(60, TimeUnit.SECONDS).exitCode()).isZero();

            assertThat(streams.records("changes-staging"))
                    .extracting(each -> new String(each.data(), StandardCharsets.UTF_8))
                    .hasSize(2)
                    .allMatch(each -> each.contains("\"name\":\"shop-staging\"") && each.contains("\"id\":3}"));
            assertThat(streams.recordCount("production-orders")).isZero();
            assertThat(streams.recordCount("production-audit")).isZero();
        }
        assertThat(CliRun.on(database).leat("status").out()).contains("backlog");
    }
}
