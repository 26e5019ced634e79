package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.reconcile.Reconciled.Count;
import dev.leat.testkit.Await;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows whose events are in quarantine are behind, and not lost. */
@Tag("postgres")
@Timeout(120)
class QuarantinedRowsTest extends ReconcileFixture {

    @BeforeEach
    void aRowThatIsTooLarge() throws Exception {
        run("CREATE TABLE orders (id bigint PRIMARY KEY, note text); SELECT leat.attach('orders', before => false)");
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 20) i");
        run(
                "UPDATE orders SET note = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 40000) i) WHERE id = 7");
        run("UPDATE orders SET note = 'small again' WHERE id = 7; UPDATE orders SET note = 'paid' WHERE id = 8");
        poller();
        awaitPublished();
        assertThat(database.value("SELECT string_agg(state, ' ' ORDER BY id) FROM leat_internal.quarantine"))
                .isEqualTo("quarantined waiting");
    }

    @Test
    void aKeyInQuarantineIsHeldUntilAPersonHasDecided() throws Exception {
        Found held = reconcile("public.orders");
        assertThat(held.differences()).isEmpty();
        assertThat(held.rows()).isEqualTo(Map.of(Count.EQUAL, 19L, Count.HELD, 1L));
        assertThat(held.result().unnamedHeld()).isFalse();

        database.run("SELECT leat.discard(min(id)) FROM leat_internal.quarantine");
        assertEqual("public.orders", 20);
    }

    @Test
    void whatADiscardedEventSaidIsDifferentAndSaysSo() throws Exception {
        database.run("DELETE FROM leat_internal.quarantine WHERE state = 'waiting'");
        database.run("SELECT leat.discard(id) FROM leat_internal.quarantine");
        Found found = reconcile("public.orders");
        assertThat(found.differences().keySet()).containsExactly("DIFFERENT public.orders.7");
        assertThat(found.differences().values())
                .singleElement()
                .satisfies(difference -> assertThat(difference.discarded()).isTrue());
    }

    /** They are on their way, so they are waited for. */
    @Test
    @Tag("full")
    void releasedEventsAreWaitedFor() throws Exception {
        stop();
        database.run("UPDATE leat_internal.quarantine SET after = '{\"id\":7,\"note\":\"smaller\"}'");
        database.run("SELECT leat.retry(min(id)) FROM leat_internal.quarantine");
        database.run("UPDATE leat_internal.quarantine SET after = '{\"id\":7,\"note\":\"small again\"}'");
        Thread later = new Thread(() -> {
            Await.until(
                    "the comparison to wait",
                    PATIENCE,
                    () -> "1"
                            .equals(database.value("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND query LIKE '%leat_internal.quarantine q WHERE q.state = ''retry''%'"
                                    + " AND pid <> pg_backend_pid()")));
            try {
                poller();
            } catch (java.sql.SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        later.start();
        assertEqual("public.orders", 20);
        later.join();
    }

    @Test
    void anEventThatDoesNotNameItsRowIsTold() throws Exception {
        database.run("UPDATE leat_internal.quarantine SET partition_key = 'public.orders'");
        Found found = reconcile("public.orders");
        assertThat(found.result().unnamedHeld()).isTrue();
        assertThat(found.differences().keySet()).containsExactly("DIFFERENT public.orders.7");
    }

    @Test
    void aTruncateInQuarantineHoldsTheRowsOfItsLane() throws Exception {
        run("SELECT leat.discard(min(id)) FROM leat_internal.quarantine");
        awaitPublished();
        stop();
        run("TRUNCATE orders");
        run(
                "UPDATE leat_internal.outbox SET fault = 'a test' WHERE op = 't' AND lane = leat_internal.lane_of('public.orders.3')");
        poller();
        awaitPublished();
        long inLane = Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM generate_series(1, 20) i WHERE"
                + " leat_internal.lane_of('public.orders.' || i) = leat_internal.lane_of('public.orders.3')")));
        assertThat(reconcile("public.orders").rows()).isEqualTo(Map.of(Count.HELD, inLane));
    }
}
