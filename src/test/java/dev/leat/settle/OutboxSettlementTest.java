package dev.leat.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Claim;
import dev.leat.Claims;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.claim.ClaimSettings;
import dev.leat.claim.LaneClaims;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class OutboxSettlementTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final Claims claims = new LaneClaims(
                    database.owner(), ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
            .forWorker();

    @Test
    void deliveredEventsAreDeleted() {
        write(3);
        settle(false, OutboxSettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat.outbox")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leat.sent")).isEqualTo("0");
    }

    @Test
    void deliveredEventsAreKeptWholeWhereThatIsAskedFor() {
        write(3);
        String before = outbox("leat.outbox");
        settle(true, OutboxSettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat.outbox")).isEqualTo("0");
        assertThat(outbox("leat.sent")).isEqualTo(before);
    }

    @Test
    void releasedEventsAreKeptWholeToo() {
        write(3);
        String before = outbox("leat.outbox");
        settle(true, event -> new Outcome.Quarantined(event, "too large"));
        database.run("UPDATE leat.quarantine SET state = 'retry'");
        settle(true, OutboxSettlementTest::delivered);
        assertThat(database.value("SELECT count(*) FROM leat.quarantine")).isEqualTo("0");
        assertThat(outbox("leat.sent")).isEqualTo(before);
    }

    @Test
    void refusedEventsAreSetAsideWholeWithTheirReason() {
        write(2);
        String before = outbox("leat.outbox");
        settle(
                false,
                event -> event.id() == 1 ? new Outcome.Quarantined(event, "too large") : new Outcome.Waiting(event, 1));
        assertThat(outbox("leat.quarantine")).isEqualTo(before);
        assertThat(database.rows("SELECT id, state, reason FROM leat.quarantine ORDER BY id"))
                .containsExactly(
                        List.of("1", "quarantined", "too large"),
                        List.of("2", "waiting", "waits behind event 1 of the same key"));
    }

    /** The usual state of an outbox is empty, and so its statistics may say; what is settled then must not read all that is dead. */
    @Test
    void settlingFindsEventsByTheIndexEvenIfTheOutboxWasEmptyWhenItWasAnalyzed() throws SQLException {
        database.run("ANALYZE leat.outbox");
        write(3);
        for (String sql : List.of(SettleStatements.DELETE, SettleStatements.KEEP)) {
            try (Connection connection = database.owner().getConnection();
                    Statement asInAClaim = connection.createStatement();
                    PreparedStatement explain = connection.prepareStatement("EXPLAIN " + sql)) {
                asInAClaim.execute("SET enable_seqscan = off; SET enable_bitmapscan = off");
                explain.setInt(1, 0);
                explain.setLong(2, 1);
                explain.setLong(3, 3);
                explain.setObject(4, new long[] {1, 2, 3});
                StringBuilder plan = new StringBuilder();
                try (ResultSet lines = explain.executeQuery()) {
                    while (lines.next()) {
                        plan.append(lines.getString(1)).append('\n');
                    }
                }
                assertThat(plan).containsPattern("Index Cond: .*\\(lane = 0\\).*\\(id >= '?1.*\\(id <= '?3");
            }
        }
    }

    @Test
    void releasedEventsAreSetAsideAgainWithTheNewReason() {
        write(1);
        settle(false, event -> new Outcome.Quarantined(event, "too large"));
        database.run("UPDATE leat.quarantine SET state = 'retry'");
        settle(false, event -> new Outcome.Quarantined(event, "still too large"));
        assertThat(database.rows("SELECT state, reason FROM leat.quarantine"))
                .containsExactly(List.of("quarantined", "still too large"));
    }

    @Test
    void rowsThatSomebodyElseRemovedAreNoticedAndNothingIsSettled() {
        write(2);
        assertThatThrownBy(() -> {
                    try (Claim claim = claims.claim(Set.of())) {
                        database.run("DELETE FROM leat.outbox WHERE id = 1");
                        new OutboxSettlement(false)
                                .settle(
                                        claim,
                                        claim.events().stream()
                                                .map(OutboxSettlementTest::delivered)
                                                .toList());
                    }
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("2 events were read and 1 found again");
        assertThat(database.value("SELECT count(*) FROM leat.outbox")).isEqualTo("1");
    }

    private static Outcome delivered(Event event) {
        return new Outcome.Delivered(event, "shard", "1");
    }

    private void settle(boolean keep, Function<Event, Outcome> outcome) {
        try (Claim claim = claims.claim(Set.of())) {
            assertThat(claim.events()).isNotEmpty();
            new OutboxSettlement(keep)
                    .settle(claim, claim.events().stream().map(outcome).toList());
        }
    }

    private String outbox(String table) {
        return database.rows("SELECT id, lane, op, captured_at, partition_key, key, before, after, context, fault FROM "
                        + table + " ORDER BY id")
                .toString();
    }

    private void write(int count) {
        database.run("""
                INSERT INTO leat.outbox
                    (lane, op, held, may_pass, captured_at, xid, partition_key, db_user, key, before, after, context)
                SELECT 5, 'u', false, false, now(), 1, 'k', 'me', '{"id": 1}', '{"a": "\\u0000"}', '{"a":  1e400}', '{'
                FROM generate_series(1, %d) n""".formatted(count));
    }
}
