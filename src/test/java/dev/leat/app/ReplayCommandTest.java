package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.connection.ExitCode;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("postgres")
class ReplayCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun cli = CliRun.on(database);

    @BeforeEach
    void kept() {
        streams.createStream("other", 1);
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY); SELECT leat.attach('public.orders');"
                + " INSERT INTO orders VALUES (1), (2), (3);"
                + " WITH gone AS (DELETE FROM leat_internal.outbox RETURNING *) INSERT INTO leat_internal.sent SELECT * FROM gone;"
                + " UPDATE leat_internal.sent SET captured_at = '2026-01-02 10:00Z'");
    }

    private String replays() {
        return String.valueOf(database.rows("SELECT state, events, stream FROM leat_internal.replay ORDER BY replay"));
    }

    private static void assertRefused(CliRun.Result result, int exitCode, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void aDryRunCountsAReplayIsRegisteredAndCancelled() {
        CliRun.Result counted = cli.leat(
                "replay",
                "--table",
                "public.orders",
                "--from",
                "2026-01-02T10:00Z",
                "--to",
                "2026-01-02T12:30+02:00",
                "--dry-run");
        assertThat(counted.out())
                .isEqualToIgnoringNewLines(
                        "3 events would be sent again, captured from 2026-01-02T10:00:00Z to 2026-01-02T10:00:00Z");
        assertThat(replays()).isEqualTo("[]");
        CliRun.Result registered = cli.leat("replay", "--key", "public.orders.2", "--stream", "other");
        assertThat(registered.err()).isEmpty();
        assertThat(registered.out()).startsWith("replay 1: 1 event to be sent again, captured from ");
        assertThat(replays()).isEqualTo("[[running, 1, other]]");
        assertRefused(cli.leat("replay"), ExitCode.REFUSED, "replay 1 is running", "leat replay cancel");
        assertThat(cli.leat("replay", "cancel").out()).isEqualToIgnoringNewLines("replay 1: cancelled");
        assertRefused(cli.leat("replay", "cancel"), ExitCode.REFUSED, "no replay is running");
    }

    @Test
    void withoutSuchEventsItSaysSoAndIsDone() {
        CliRun.Result none = cli.leat("replay", "--from", "2027-01-01T00:00Z");
        assertThat(none.out()).isEqualToIgnoringNewLines("no kept event is among them: nothing is sent again");
        assertThat(none.exitCode()).isZero();
        assertThat(replays()).isEqualTo("[]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replay --from yesterday | 2 | --from is no time with its offset: 'yesterday'; write 2026-01-02T10:00Z",
                "replay --to 2026-01-02T10:00 | 2 | --to is no time with its offset",
                "replay --from 2026-01-02T10:00Z --to 2026-01-02T11:00+02:00 | 2 | --from must be before --to",
                "replay --dry-run --wait | 2 | --dry-run and --wait exclude each other",
                "replay --table public.nowhere | 6 | there is no table public.nowhere, and no kept event of one",
                "replay --table orders | 6 | orders is no table with its schema",
                "replay --stream a;b | 6 | neither the name of a stream nor its ARN",
                "replay --stream nowhere | 5 | stream nowhere does not exist",
                "replay orders | 2 | not known: argument 2",
            })
    void badInputEndsInOneLine(String command, int exitCode, String says) {
        assertRefused(cli.leat(command.split(" ", -1)), exitCode, says);
        assertThat(replays()).isEqualTo("[]");
    }

    @Test
    void withoutKeptEventsAndWithoutTheRightItSaysWhatToDo() {
        assertRefused(
                CliRun.on(database, database.role("app_role")).leat("replay"),
                ExitCode.DATABASE,
                "are for the owner of Leat: log in as leat_owner");
        database.run("TRUNCATE leat_internal.sent");
        assertRefused(cli.leat("replay"), ExitCode.REFUSED, "no event is kept that could be sent again", "--retain");
    }

    @Test
    void whoWaitsSeesItFinish() throws Exception {
        CompletableFuture<CliRun.Result> waiting = CompletableFuture.supplyAsync(() -> cli.leat("replay", "--wait"));
        while (!"t".equals(database.value("SELECT EXISTS (SELECT FROM leat_internal.replay)"))) {
            assertThat(waiting).isNotDone();
        }
        database.run("SELECT leat_poller.replay_chunk()");
        database.run(
                "SELECT leat_poller.settle(true, array_agg(DISTINCT lane), array_agg(DISTINCT 0), '{}', array_agg(id), '{}', '{}', '{}', '{}') FROM leat_internal.quarantine");
        database.run("SELECT leat_poller.replay_chunk()");
        CliRun.Result result = waiting.get();
        assertThat(result.exitCode()).isZero();
        assertThat(result.out().lines()).last().asString().isEqualTo("replay 1: finished, 3 of 3 events sent");
        assertRefused(result, 0, "no poller runs");
    }
}
