package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a replay selects, and how its events come to where claims find them. */
@Tag("postgres")
class ReplayTest extends LoadFixture {

    private static final String ALL_LANES = "ARRAY(SELECT n::smallint FROM generate_series(0, 63) n)";

    /** As if a poller with --retain had published what is in the outbox. */
    private void publish() {
        run(
                "WITH gone AS (DELETE FROM leat_internal.outbox RETURNING *) INSERT INTO leat_internal.sent SELECT * FROM gone");
    }

    /** As a poller settles what it has sent again. */
    private void settle() {
        run("SELECT leat_poller.settle(true, " + ALL_LANES + ", array_fill(0, ARRAY[64]), '{}',"
                + " ARRAY(SELECT id FROM leat_internal.quarantine WHERE state = 'retry'), '{}', '{}', '{}', '{}')");
    }

    private void orders(int rows) {
        run("CREATE TABLE public.orders (id int PRIMARY KEY, v int); CREATE TABLE public.items (id int PRIMARY KEY);"
                + " SELECT leat.attach('public.orders', stream => 'a'), leat.attach('public.items')");
        run("INSERT INTO public.orders SELECT i, 0 FROM generate_series(1, " + rows
                + ") i; UPDATE public.orders SET v = 1 WHERE id <= 2;"
                + " INSERT INTO public.items VALUES (1); SELECT leat.publish('k', 'T', '{}'::json)");
        publish();
    }

    private String queue() {
        return String.valueOf(
                value(
                        "SELECT concat_ws(' ', count(*), count(DISTINCT id), min(state), max(state), bool_and(may_pass), min(replay)) FROM leat_internal.quarantine"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                " | 14",
                "tables => '{public.orders}' | 12",
                "tables => '{public.orders,\"public.\\\"items\\\"\"}' | 13",
                "tables => '{public.items}', key => 'public.orders.1' | 0",
                "key => 'public.orders.1' | 2",
                "key => 'k' | 1",
                "since => now() - interval '1 hour' | 14",
                "until => now() - interval '1 hour' | 0",
                "since => now() + interval '1 hour' | 0",
            })
    void aDryRunSaysHowManyEventsTheReplayHas(String options, long events) {
        orders(10);
        String arguments = options == null ? "" : options + ", ";
        assertThat(value("SELECT events FROM leat.replay(" + arguments + "dry_run => true)"))
                .isEqualTo(String.valueOf(events));
        assertThat(value("SELECT count(*) FROM leat_internal.replay")).isEqualTo("0");
        assertThat(value("SELECT replay IS NULL FROM leat.replay(" + arguments + "dry_run => false)"))
                .isEqualTo(events == 0 ? "t" : "f");
        run("SELECT leat_poller.replay_chunk()");
        assertThat(value("SELECT count(*) FROM leat_internal.quarantine WHERE replay = 1 AND state = 'retry'"))
                .isEqualTo(String.valueOf(events));
    }

    /** A moment between two events is on one side of each. */
    @Test
    void theTimesAreThoseOfTheCaptureFromTheFirstOnAndBeforeTheSecond() {
        orders(10);
        run(
                "UPDATE leat_internal.sent s SET captured_at = '2026-01-02 10:00Z'::timestamptz + n * interval '1 second'"
                        + " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM leat_internal.sent) AS o WHERE o.id = s.id");
        assertThat(
                        value(
                                "SELECT events || ' ' || first || ' ' || last FROM leat.replay(since => '2026-01-02 10:00:03Z', until => '2026-01-02 10:00:06Z')"))
                .startsWith("3 2026-01-02 10:00:03")
                .contains(" 2026-01-02 10:00:05");
    }

    @Test
    void theirIdsAndStreamsStayUnlessAnotherStreamIsNamed() {
        orders(3);
        run("SELECT leat.replay(); SELECT leat_poller.replay_chunk()");
        assertThat(
                        database.rows(
                                "SELECT id, op::text, partition_key, after::text, stream, captured_at FROM leat_internal.quarantine ORDER BY id"))
                .isEqualTo(
                        database.rows(
                                "SELECT id, op::text, partition_key, after::text, stream, captured_at FROM leat_internal.sent ORDER BY id"));
        run("SELECT leat.cancel_replay(); SELECT leat.replay(stream => 'other'); SELECT leat_poller.replay_chunk()");
        assertThat(database.rows("SELECT DISTINCT stream, stream_known FROM leat_poller.quarantine"))
                .hasToString("[[other, t]]");
    }

    /** So that a claim always has room for new events. */
    @Test
    void onlyAFewHundredAreQueuedAtATimeInTheirOrder() {
        orders(1_200);
        run("SELECT leat.replay()");
        long before = Long.parseLong(String.valueOf(value("SELECT last_value FROM leat_internal.outbox_id_seq")));
        long last = 0;
        for (int chunk : List.of(500, 500, 204)) {
            run("SELECT leat_poller.replay_chunk(); SELECT leat_poller.replay_chunk()");
            assertThat(queue()).startsWith(chunk + " " + chunk + " retry retry t 1");
            assertThat(Long.parseLong(String.valueOf(value("SELECT min(id) FROM leat_internal.quarantine"))))
                    .isGreaterThan(last);
            last = Long.parseLong(String.valueOf(value("SELECT max(id) FROM leat_internal.quarantine")));
            settle();
        }
        // Idle pollers look again when an id was drawn.
        assertThat(Long.parseLong(String.valueOf(value("SELECT last_value FROM leat_internal.outbox_id_seq"))))
                .isEqualTo(before + 3);
        assertThat(value("SELECT said FROM leat_poller.replay_chunk()"))
                .isEqualTo("replay 1 has finished: 1204 events");
        assertThat(value("SELECT concat_ws(' ', state, events, sent, refused, skipped) FROM leat_poller.replay"))
                .isEqualTo("finished 1204 1204 0 0");
        assertThat(value("SELECT count(*) FROM leat_internal.replay_event")).isEqualTo("0");
        assertThat(value("SELECT number IS NULL AND again IS NULL FROM leat_poller.replay_chunk()"))
                .isEqualTo("t");
        assertThat(value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("1204");
        // Nor is it counted as published again.
        assertThat(value("SELECT count(*) FROM leat_poller.counter")).isEqualTo("0");
    }

    @Test
    void largeEventsAreQueuedOneAfterTheOther() {
        run("CREATE TABLE public.big (id int PRIMARY KEY, v text); SELECT leat.attach('public.big')");
        run("INSERT INTO public.big SELECT i, repeat('x', 1500000) FROM generate_series(1, 4) i");
        publish();
        run("SELECT leat.replay(); SELECT leat_poller.replay_chunk(); SELECT leat_poller.replay_chunk()");
        assertThat(Integer.parseInt(String.valueOf(value("SELECT count(*) FROM leat_internal.quarantine"))))
                .isBetween(1, 3);
    }

    @Test
    void twoPollersAreNeverAtOneChunk() throws SQLException {
        orders(600);
        run("SELECT leat.replay()");
        try (Session one = session()) {
            one.run("BEGIN; SELECT leat_poller.replay_chunk()");
            assertThat(value("SELECT number IS NULL AND again > 0 FROM leat_poller.replay_chunk()"))
                    .isEqualTo("t");
            one.run("ROLLBACK");
        }
        run("SELECT leat_poller.replay_chunk()");
        assertThat(queue()).startsWith("500 500");
    }

    /** Upkeep drops partitions whose time is over. */
    @Test
    void whatIsForgottenMeanwhileIsSentAllTheSame() {
        orders(600);
        run("SELECT leat.replay(); SELECT leat_poller.replay_chunk(); DELETE FROM leat_internal.sent");
        settle();
        run("SELECT leat_poller.replay_chunk()");
        assertThat(queue()).startsWith("104 104");
        settle();
        // What was sent again is not kept again.
        assertThat(value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("0");
    }

    @Test
    void aCancelledReplaySendsNothingMoreAndAnotherOneMayBegin() throws SQLException {
        orders(600);
        run("SELECT leat.replay(); SELECT leat_poller.replay_chunk()");
        settle();
        run("SELECT leat_poller.replay_chunk()");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.replay()").message()).isEqualTo("leat.replay: replay 1 is running");
            owner.run("SELECT leat.cancel_replay()");
            assertThat(owner.refusal("SELECT leat.cancel_replay()").message()).contains("no replay is running");
        }
        assertThat(queue()).startsWith("0 0");
        assertThat(value("SELECT concat_ws(' ', state, events, sent, refused) FROM leat_poller.replay"))
                .isEqualTo("cancelled 604 500 0");
        assertThat(value("SELECT number FROM leat_poller.replay_chunk()")).isNull();
        assertThat(value("SELECT replay FROM leat.replay(key => 'k')")).isEqualTo("2");
    }

    /** Else its poller would find fewer events than it has sent, and settle none. */
    @Test
    void cancellingWaitsForAClaimThatIsSending() throws SQLException {
        orders(10);
        run("SELECT leat.replay(key => 'k'); SELECT leat_poller.replay_chunk()");
        try (Session claim = session();
                Session owner = session()) {
            claim.run("BEGIN; SELECT FROM leat_internal.lane WHERE lane = leat_internal.lane_of('k') FOR UPDATE");
            assertThat(owner.refusal("SET lock_timeout = '100ms'; SELECT leat.cancel_replay()")
                            .state())
                    .isEqualTo("55P03");
            claim.run("ROLLBACK");
            owner.run("SELECT leat.cancel_replay()");
        }
    }

    @Test
    void whatIsInQuarantineFromAReplayIsNotReplayedAgainAndHoldsNothingUp() {
        orders(3);
        run("SELECT leat.replay(key => 'public.orders.1'); SELECT leat_poller.replay_chunk();"
                + " SELECT leat_poller.set_aside(array_agg(lane), array_agg(id), array_agg('quarantined'::text), array_agg('too large'::text),"
                + " array_agg(true)) FROM leat_internal.quarantine");
        assertThat(value("SELECT count(*) FROM leat_poller.blocked_keys(" + ALL_LANES + ")"))
                .isEqualTo("0");
        run("SELECT leat_poller.replay_chunk()");
        assertThat(value("SELECT concat_ws(' ', state, events, sent, refused) FROM leat_poller.replay"))
                .isEqualTo("finished 2 0 2");
        assertThat(value("SELECT events FROM leat.replay(key => 'public.orders.1', dry_run => true)"))
                .isEqualTo("0");
    }

    /** Under a doubtful id another event may have been published, in the history that was lost. */
    @Test
    void aDoubtfulIdIsNotSentAgain() {
        orders(3);
        run("SELECT leat.replay(); SELECT leat_poller.replay_chunk()");
        run("UPDATE leat_internal.history SET mark = (SELECT min(id) FROM leat_internal.sent) WHERE moved_to IS NULL;"
                + " SELECT leat.move_past_gap(true)");
        run("SELECT leat_poller.renumber(" + ALL_LANES + ", 1000)");
        assertThat(queue()).startsWith("1 1");
        run("SELECT leat.cancel_replay()");
        assertThat(value("SELECT events FROM leat.replay(dry_run => true)")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tables => '{public.nowhere}' | 42P01 | there is no table public.nowhere, and no kept event of one",
                "tables => '{orders}' | 22023 | orders is no table with its schema",
                "tables => '{a.\"}' | 22023 | is no table with its schema",
                "tables => NULL | 22004 | tables and dry_run may not be null",
                "since => '2026-01-02Z', until => '2026-01-02Z' | 22023 | contain none",
                "stream => 'a b' | 22023 | \"a b\" is neither the name of a stream nor its ARN",
            })
    void whatCannotBeMeantIsRefused(String options, String state, String message) throws SQLException {
        orders(1);
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal("SELECT leat.replay(" + options.replace("a.\"", "a.\\\"") + ")");
            assertThat(refusal.message()).contains(message).startsWith("leat.replay: ");
            assertThat(refusal.state()).isEqualTo(state);
            assertThat(refusal.hint()).isNotEmpty();
        }
    }

    @Test
    void withoutKeptEventsTheRefusalSaysHowToKeepThem() throws SQLException {
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.replay(dry_run => true)").hint())
                    .contains("--retain");
        }
    }

    /** The events of a table that was dropped are still there. */
    @Test
    void aTableThatIsGoneIsReplayedByItsName() {
        orders(3);
        run("DROP TABLE public.orders");
        assertThat(value("SELECT events FROM leat.replay('{public.orders}', dry_run => true)"))
                .isEqualTo("5");
    }
}
