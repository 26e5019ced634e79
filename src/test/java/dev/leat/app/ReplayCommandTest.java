package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
    void statusShowsHowFarAReplayHasComeAsLongAsItRuns() throws Exception {
        assertThat(cli.leat("status").out()).doesNotContain("REPLAY OF");
        database.run("UPDATE leat_internal.sent SET stream = 'other' WHERE partition_key = 'public.orders.1'");
        cli.leat("replay", "--table", "public.orders", "--stream", "other");
        database.run("SELECT leat_poller.replay_chunk()");
        assertThat(cli.leat("status").out())
                .containsPattern("REPLAY OF +STREAM +STATE +REMARK +SENT +OF +EVENTS/S +LEFT")
                .containsPattern("public.orders +other +running +\\[[.]{20}\\]   0 % +0 +3 +- +-");
        settle(1);
        database.run("SELECT leat_poller.set_aside(array_agg(lane), array_agg(id), array_agg('quarantined'::text),"
                + " array_agg('too large'::text), array_agg(true)) FROM (SELECT * FROM leat_internal.quarantine ORDER BY id LIMIT 1) AS q;"
                + " UPDATE leat_internal.replay SET registered_at = clock_timestamp() - interval '100 seconds'");
        assertThat(cli.leat("status").out())
                .containsPattern(
                        "public.orders +other +running +\\[#{13}[.]{7}\\]  66 % +1 in quarantine +1 +3 +0 +1 min [34]\\d s");
        JsonNode replay =
                new ObjectMapper().readTree(cli.leat("status", "--json").out()).at("/replays/0");
        assertThat(replay.at("/replay").asInt()).isEqualTo(1);
        assertThat(replay.at("/tables").toString()).isEqualTo("[\"public.orders\"]");
        assertThat(replay.at("/key").isNull()).isTrue();
        assertThat(replay.at("/stream").asText()).isEqualTo("other");
        assertThat(replay.at("/state").asText()).isEqualTo("running");
        assertThat(replay.at("/events").asInt()).isEqualTo(3);
        assertThat(replay.at("/sent").asInt()).isEqualTo(1);
        assertThat(replay.at("/refused").asInt()).isEqualTo(1);
        assertThat(replay.at("/skipped").asInt()).isZero();
        assertThat(replay.at("/percent").asInt()).isEqualTo(66);
        assertThat(replay.at("/events_per_second").asDouble()).isBetween(0.005, 0.01);
        assertThat(replay.at("/seconds_left").asDouble()).isBetween(100.0, 200.0);
        assertThat(replay.at("/registered_at").asText()).endsWith("Z");
        settle(1);
        database.run("SELECT leat_poller.replay_chunk()");
        assertThat(cli.leat("status").out()).doesNotContain("REPLAY OF");
        assertThat(cli.leat("status", "--json").out()).contains("\"replays\" : [ ]");
    }

    /** As a poller settles the first of those that it has sent again. */
    private void settle(int events) {
        database.run(
                "SELECT leat_poller.settle(true, array_agg(DISTINCT lane), array_fill(0, ARRAY[count(DISTINCT lane)::int]), '{}', array_agg(id),"
                        + " '{}', '{}', '{}', '{}') FROM (SELECT * FROM leat_internal.quarantine WHERE state = 'retry' ORDER BY id LIMIT "
                        + events + ") AS q");
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
        assertThat(result.out().lines())
                .last()
                .asString()
                .isEqualTo("replay 1  [####################] 100 %  finished, 3 of 3 events sent");
        assertRefused(result, 0, "no poller runs");
    }
}
