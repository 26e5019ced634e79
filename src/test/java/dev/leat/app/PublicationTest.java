package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/**
 * Logical replication beside Leat: PostgreSQL refuses UPDATE and DELETE of a published table that has no replica identity,
 * whatever wal_level is.
 */
@Tag("postgres")
class PublicationTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void prepare() {
        database.run("SELECT leat.grant_poller('leat_poller');"
                + "CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                + "CREATE TABLE items (id bigint PRIMARY KEY, note text);"
                + "SELECT leat.attach('public.orders'), leat.attach('public.items', capture => 'statement')");
        streams.createStream("changes", 2);
        cli.environment.put("LEAT_STREAM", "changes");
        database.superuser("CREATE PUBLICATION everything FOR ALL TABLES");
    }

    @Test
    void everyTableCanBeChanged() {
        database.run("SELECT leat_poller.rotate_sent('1 day'); SELECT leat_poller.rotate_sent('7 days')");
        assertThat(database.rows("""
                        SELECT c.relname FROM pg_class c
                        WHERE c.relnamespace = 'leat_internal'::regnamespace AND c.relkind IN ('r', 'p')
                          AND pg_get_replica_identity_index(c.oid) IS NULL AND c.relreplident <> 'f'
                        """)).isEmpty();
        assertThat(database.rows("""
                        SELECT c.relname FROM pg_class c
                        WHERE c.relnamespace = 'leat_internal'::regnamespace AND c.relkind = 'r'
                        """)).hasSizeGreaterThan(12);
    }

    @Test
    void eventsAreCapturedPublishedKeptAndCounted() throws Exception {
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> cli.leat("run", "--retain", "1d"));
        database.run("INSERT INTO orders VALUES (1, 'a'), (2, 'b'); INSERT INTO items VALUES (1, 'a'), (2, 'b')");
        database.run("UPDATE orders SET id = id + 10; UPDATE items SET id = id + 10");
        database.run("UPDATE items SET id = CASE id WHEN 11 THEN 12 ELSE 11 END WHERE false");
        database.run("DELETE FROM orders; DELETE FROM items");
        Await.until(
                "the counts of sixteen events",
                LONG,
                () -> run.isDone()
                        || "16".equals(database.value("SELECT coalesce(sum(published), 0) FROM leat_poller.counter")));
        assertThat(CliRun.on(database, "leat_poller")
                        .leat("doctor", "--no-streams")
                        .exitCode())
                .isZero();
        cli.stop.countDown();
        CliRun.Result result = run.get(60, TimeUnit.SECONDS);

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(streams.recordCount("changes")).isEqualTo(16);
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("16");
        database.run("INSERT INTO leat_internal.sent_default SELECT * FROM leat_internal.sent LIMIT 0;"
                + "DELETE FROM leat_internal.sent_default; DELETE FROM leat_internal.sent");
    }

    @Test
    void whatIsReleasedAndDiscardedIsMovedOn() {
        database.run("INSERT INTO orders VALUES (1), (2);"
                + "WITH gone AS (DELETE FROM leat_internal.outbox RETURNING *)"
                + " INSERT INTO leat_internal.quarantine SELECT gone.*, 'quarantined', 'too large' FROM gone");
        assertThat(cli.leat("quarantine", "discard", "--all").exitCode()).isZero();
    }

    @Test
    void anIdentityThatWasTakenAwayIsNamed() {
        database.run("ALTER TABLE leat_internal.outbox REPLICA IDENTITY NOTHING");
        assertFinds(
                "FAIL",
                "leat_internal.outbox",
                "the publication everything",
                "ALTER TABLE leat_internal.outbox REPLICA IDENTITY DEFAULT");
        database.superuser("DROP PUBLICATION everything");
        assertFinds("WARN", "leat_internal.outbox", "REPLICA IDENTITY DEFAULT");
    }

    @Test
    @EnabledIf("since15")
    void aPublicationThatIsInTheWayIsNamed() {
        database.superuser("DROP PUBLICATION everything");
        database.run("CREATE PUBLICATION one_table FOR TABLE leat_internal.counter (published)");
        assertFinds(
                "FAIL",
                "leat_internal.counter",
                "the publication one_table",
                "ALTER PUBLICATION one_table DROP TABLE leat_internal.counter");
        database.run("DROP PUBLICATION one_table;"
                + "CREATE PUBLICATION one_table FOR TABLE leat_internal.outbox WHERE (held)");
        assertFinds(
                "FAIL",
                "leat_internal.outbox",
                "the publication one_table",
                "ALTER PUBLICATION one_table DROP TABLE leat_internal.outbox");
        database.run("DROP PUBLICATION one_table;"
                + "CREATE PUBLICATION one_table FOR TABLE leat_internal.outbox WHERE (held) WITH (publish = 'insert')");
        assertThat(cli.leat("doctor", "--no-streams").exitCode()).isZero();
    }

    /** Lists of columns and conditions came with PostgreSQL 15. */
    private static boolean since15() {
        return Integer.parseInt(TestServer.shared().value("SHOW server_version_num")) >= 150_000;
    }

    private void assertFinds(String level, String subject, String... says) {
        CliRun.Result result = cli.leat("doctor", "--no-streams");
        assertThat(result.out().lines().toList())
                .as(result.toString())
                .anySatisfy(line -> assertThat(line).startsWith(level).contains(subject));
        assertThat(result.out()).contains(says);
        assertThat(result.exitCode()).isEqualTo(level.equals("FAIL") ? 1 : 0);
    }
}
