package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("postgres")
class SettlementTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database().idsFromOne();

    private final Claims claims = claims(ClaimSettings.DEFAULT);
    private final Claims keeping = claims(
            ClaimSettings.of(PollerSettings.builder().retain(Duration.ofDays(1)).build()));

    /** Few events of a lane are found one by one, many by their range. */
    @ParameterizedTest
    @ValueSource(ints = {3, 40})
    void deliveredEventsAreDeleted(int events) {
        write(events);
        settle(false, SettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40})
    void deliveredEventsAreKeptWholeWhereThatIsAskedFor(int events) {
        write(events);
        String before = outbox("leat_internal.outbox");
        settle(true, SettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        assertThat(outbox("leat_internal.sent")).isEqualTo(before);
    }

    @Test
    void releasedEventsAreKeptWholeToo() {
        write(3);
        String before = outbox("leat_internal.outbox");
        settle(true, event -> new Outcome.Quarantined(event, "too large"));
        database.run("UPDATE leat_internal.quarantine SET state = 'retry'");
        settle(true, SettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                .isEqualTo("0");
        assertThat(outbox("leat_internal.sent")).isEqualTo(before);
    }

    @Test
    void refusedEventsAreSetAsideWholeWithTheirReason() {
        write(2);
        String before = outbox("leat_internal.outbox");
        settle(
                false,
                event -> event.id() == 1 ? new Outcome.Quarantined(event, "too large") : new Outcome.Waiting(event, 1));
        assertThat(outbox("leat_internal.quarantine")).isEqualTo(before);
        assertThat(database.rows("SELECT id, state, reason FROM leat_internal.quarantine ORDER BY id"))
                .containsExactly(
                        List.of("1", "quarantined", "too large"),
                        List.of("2", "waiting", "waits behind event 1 of the same key"));
    }

    /** The usual state of an outbox is empty, and so its statistics may say; what is settled then must not read all that is dead. */
    @Test
    void settlingFindsEventsByTheIndexEvenIfTheOutboxWasEmptyWhenItWasAnalyzed() throws SQLException {
        database.run("ANALYZE leat_internal.outbox");
        write(2_000);
        String many = IntStream.rangeClosed(1, 40).mapToObj(String::valueOf).collect(Collectors.joining(","));
        for (String settle : List.of(
                "false, '{5}', '{3}', '{1,2,3}', '{}', '{s}', '{t}', '{u}', '{3}'",
                "true, '{5}', '{3}', '{1,2,3}', '{}', '{s}', '{t}', '{u}', '{3}'",
                "false, '{5}', '{40}', '{" + many + "}', '{}', '{s}', '{t}', '{u}', '{40}'",
                "true, '{5}', '{40}', '{" + many + "}', '{}', '{s}', '{t}', '{u}', '{40}'")) {
            try (Connection connection = database.owner().getConnection();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
                        + " SET LOCAL plan_cache_mode = force_generic_plan");
                statement.execute("SELECT leat_poller.settle(" + settle + ")");
                try (ResultSet read = statement.executeQuery("SELECT pg_stat_get_xact_tuples_returned(c.oid)"
                        + " FROM pg_class c WHERE c.relname = 'outbox_pkey'")) {
                    read.next();
                    assertThat(read.getLong(1))
                            .as("entries of the index that were read")
                            .isBetween(3L, 90L);
                }
                // The server ends a closed session when it comes to it, and the next one needs the lane.
                connection.rollback();
            }
        }
    }

    @Test
    void releasedEventsAreSetAsideAgainWithTheNewReason() {
        write(1);
        settle(false, event -> new Outcome.Quarantined(event, "too large"));
        database.run("UPDATE leat_internal.quarantine SET state = 'retry'");
        settle(false, event -> new Outcome.Quarantined(event, "still too large"));
        assertThat(database.rows("SELECT state, reason FROM leat_internal.quarantine"))
                .containsExactly(List.of("quarantined", "still too large"));
    }

    @Test
    void rowsThatSomebodyElseRemovedAreNoticedAndNothingIsSettled() {
        write(2);
        assertThatThrownBy(() -> {
                    try (Claim claim = claims.claim(Set.of())) {
                        database.run("DELETE FROM leat_internal.outbox WHERE id = 1");
                        claim.settle(claim.events().stream()
                                .map(SettlementTest::delivered)
                                .toList());
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("2 events were read and 1 found again");
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("1");
    }

    private static Outcome delivered(Event event) {
        return new Outcome.Delivered(event, "shard", "1");
    }

    private void settle(boolean keep, Function<Event, Outcome> outcome) {
        try (Claim claim = (keep ? keeping : claims).claim(Set.of())) {
            assertThat(claim.events()).isNotEmpty();
            claim.settle(claim.events().stream().map(outcome).toList());
        }
    }

    private Claims claims(ClaimSettings settings) {
        return new LaneClaims(database.owner(), settings, "changes", () -> 1, System::nanoTime, new Random(1))
                .forWorker();
    }

    private String outbox(String table) {
        return database.rows("SELECT id, lane, op, captured_at, partition_key, key, before, after, context, fault FROM "
                        + table + " ORDER BY id")
                .toString();
    }

    private void write(int count) {
        database.run("""
                INSERT INTO leat_internal.outbox
                    (lane, op, held, may_pass, captured_at, xid, partition_key, db_user, key, before, after, context)
                SELECT 5, 'u', false, false, now(), 1, 'k', 'me', '{"id": 1}', '{"a": "\\u0000"}', '{"a":  1e400}', '{'
                FROM generate_series(1, %s) n""".formatted(count));
    }
}
