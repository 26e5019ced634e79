package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command reports that all is well if it is, and finds each fault that a test makes. */
@Tag("postgres")
class DoctorCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void aSoundHouse() {
        database.run(
                "SELECT leat.grant_poller('leat_poller');"
                        + "CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                        + "SELECT leat.attach('public.orders');"
                        + "INSERT INTO leat_internal.poller (poller, host, pid, version) VALUES (gen_random_uuid(), 'here', 1, 'test')");
        streams.createStream("changes", 3);
        cli.environment.put("LEAT_STREAM", "changes");
    }

    private void assertFinds(String level, String subject, String... says) {
        CliRun.Result result = cli.leat("doctor");
        assertThat(result.out().lines().toList())
                .as(result.toString())
                .anySatisfy(line -> assertThat(line).startsWith(level).contains(subject + ":"));
        assertThat(result.out()).contains(says);
        assertThat(result.exitCode()).isEqualTo(level.equals("FAIL") ? 1 : 0);
        assertThat(result.err()).isEmpty();
    }

    @Test
    void allIsWell() {
        CliRun.Result result = cli.leat("doctor");
        assertThat(result.out().lines()).as(result.toString()).allMatch(line -> line.startsWith("OK "));
        assertThat(result.out())
                .contains(
                        "rights: role leat_poller may claim and settle",
                        "schema: version 1",
                        "table public.orders: captured",
                        "ids ascend one by one",
                        "stream changes: ACTIVE, 3 open shards (at most 3 MB/s and 3,000 records/s in), records up to 1024 KiB");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void commitsMayHaveBeenLost() {
        database.run("UPDATE leat_internal.history SET timeline = 'other'; SELECT leat.move_past_gap()");
        assertFinds("WARN", "history", "changes above id ", "may have been sent twice", "touch those");
        database.run("UPDATE leat_internal.history SET began_at = began_at - interval '25 hours'");
        assertFinds("OK", "history", "no failover or restore");
    }

    @Test
    void theServerDoesNotTellItsTimeline() {
        database.run("UPDATE leat_internal.history SET timeline = NULL");
        assertFinds("WARN", "history", "is not noticed", "leat.move_past_gap(force => true)");
    }

    @Test
    void aRightIsMissing() {
        database.run(
                "REVOKE SELECT ON leat_poller.outbox FROM leat_poller; REVOKE EXECUTE ON FUNCTION leat.refresh() FROM leat_poller");
        assertFinds(
                "FAIL",
                "rights",
                "lacks SELECT on leat_poller.outbox, EXECUTE on leat.refresh",
                "leat.grant_poller('leat_poller')");
    }

    @Test
    void thereAreNoRightsAtAll() {
        CliRun stranger = CliRun.on(database, database.role("leat_stranger"));
        CliRun.Result result = stranger.leat("doctor", "--no-streams");
        assertThat(result.out()).contains("USAGE on the schema leat");
        assertThat(result.exitCode()).isEqualTo(1);
    }

    @Test
    void theSchemaIsAbsent() {
        database.run("DROP SCHEMA leat CASCADE");
        assertFinds("FAIL", "schema", "run `leat migrate`");
    }

    @Test
    void aTriggerIsDisabled() {
        database.run("ALTER TABLE orders DISABLE TRIGGER \"!leat_capture\"");
        assertFinds("FAIL", "table public.orders", "row trigger disabled", "leat.attach");
    }

    @Test
    void aTriggerIsGone() {
        database.run("DROP TRIGGER \"!leat_truncate\" ON orders");
        assertFinds("FAIL", "table public.orders", "truncate trigger missing");
    }

    @Test
    void aTriggerOfTheUsersDefeatsTheOrder() {
        database.run("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + "CREATE TRIGGER touch AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch()");
        assertFinds("WARN", "table public.orders", "touch", "INITIALLY DEFERRED");
    }

    @Test
    void nothingIsAttached() {
        database.run("SELECT leat.detach('public.orders')");
        assertFinds("WARN", "tables", "leat attach");
    }

    @Test
    void theSequenceCachesIds() {
        database.run("ALTER SEQUENCE leat_internal.outbox_id_seq CACHE 50");
        assertFinds("FAIL", "sequence", "CACHE 50", "ALTER SEQUENCE leat_internal.outbox_id_seq CACHE 1");
    }

    @Test
    void theIdIsNoDefaultAnyMore() {
        database.run("ALTER TABLE leat_internal.outbox ALTER COLUMN id DROP IDENTITY");
        database.run(
                "CREATE SEQUENCE leat_internal.outbox_id_seq; GRANT SELECT ON SEQUENCE leat_internal.outbox_id_seq TO leat_poller");
        assertFinds("FAIL", "sequence", "not GENERATED ALWAYS AS IDENTITY");
    }

    @Test
    void theOutboxIsUnlogged() {
        database.run("ALTER TABLE leat_internal.outbox SET UNLOGGED");
        assertFinds(
                "FAIL",
                "tables",
                "a crash of the server empties it: leat_internal.outbox",
                "ALTER TABLE leat_internal.outbox SET LOGGED");
    }

    @Test
    void autovacuumIsOffForTheOutbox() {
        database.run("ALTER TABLE leat_internal.outbox SET (autovacuum_enabled = false)");
        assertFinds("WARN", "vacuum", "RESET (autovacuum_enabled)");
    }

    @Test
    void autovacuumGoesBySize() {
        database.run("ALTER TABLE leat_internal.outbox RESET (autovacuum_vacuum_scale_factor)");
        assertFinds("WARN", "vacuum", "autovacuum_vacuum_scale_factor = 0");
    }

    @Test
    void noPollerRuns() {
        database.run("DELETE FROM leat_internal.poller");
        assertFinds("WARN", "pollers", "start one: leat run");
    }

    @Test
    void eventsWaitForLong() {
        database.run(
                "INSERT INTO orders VALUES (1); UPDATE leat_internal.outbox SET captured_at = now() - interval '5 minutes'");
        assertFinds("WARN", "pollers", "the oldest event has waited for 30");
    }

    @Test
    void anEventIsInQuarantine() {
        database.run("INSERT INTO orders VALUES (1);"
                + "WITH gone AS (DELETE FROM leat_internal.outbox RETURNING *)"
                + " INSERT INTO leat_internal.quarantine SELECT gone.*, 'quarantined', 'too large' FROM gone");
        assertFinds("WARN", "quarantine", "1 events cannot be sent", "leat quarantine list");
    }

    @Test
    void theStreamDoesNotExist() {
        cli.environment.put("LEAT_STREAM", "nowhere");
        assertFinds("FAIL", "stream nowhere", "does not exist");
    }

    @Test
    void aTablesOwnStreamDoesNotExist() {
        database.run("SELECT leat.attach('public.orders', stream => 'elsewhere')");
        assertFinds("FAIL", "stream elsewhere", "does not exist", "OK    stream changes");
    }

    @Test
    void noStreamIsNamed() {
        cli.environment.remove("LEAT_STREAM");
        assertFinds("FAIL", "stream", "--stream (LEAT_STREAM)");
        assertThat(cli.leat("doctor", "--no-streams").exitCode()).isZero();
    }

    @Test
    void thereAreNoCredentials() {
        aws.set("aws.accessKeyId", null);
        aws.set("aws.secretAccessKey", null);
        assertFinds("FAIL", "aws", "no AWS credentials were found");
    }
}
