package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.reconcile.Difference.DifferenceKind;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.testkit.TestStream;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;

/** Records that were lost, changed or made up are found, each as what it is, and nothing else is. */
@Tag("postgres")
@Timeout(120)
class PlantedDifferencesTest extends ReconcileFixture {

    @BeforeEach
    void table() {
        run("CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL, note json)");
    }

    /** What the stream is to lose is taken out of the outbox before a poller comes, with the event's id for the answer. */
    private long lose(String where) {
        return Long.parseLong(String.valueOf(database.value("WITH lost AS (DELETE FROM leat_internal.outbox WHERE "
                + where + " RETURNING id)" + " SELECT id FROM lost")));
    }

    @Test
    void aLostInsertUpdateAndDeleteAndAChangedAndAnInventedRecordAreFound() throws Exception {
        run("SELECT leat.attach('orders')");
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 100) i");
        lose("partition_key = 'public.orders.17'");
        run("UPDATE orders SET state = 'paid' WHERE id IN (18, 19); DELETE FROM orders WHERE id IN (20, 21)");
        lose("partition_key = 'public.orders.18' AND op = 'u'");
        lose("partition_key = 'public.orders.20' AND op = 'd'");
        run("UPDATE leat_internal.outbox SET after = '{\"id\":22,\"state\":\"old\",\"note\":null}'"
                + " WHERE partition_key = 'public.orders.22'");
        poller();
        awaitPublished();
        invent();

        Found found = reconcile("public.orders");

        assertThat(found.differences().keySet())
                .containsExactly(
                        "DIFFERENT public.orders.18",
                        "DIFFERENT public.orders.22",
                        "EXTRA public.orders.20",
                        "EXTRA public.orders.999",
                        "MISSING public.orders.17");
        assertThat(found.rows())
                .isEqualTo(Map.of(Count.EQUAL, 95L, Count.MISSING, 1L, Count.EXTRA, 2L, Count.DIFFERENT, 2L));
        assertThat(found.result().equal()).isFalse();
        Difference changed = found.difference("DIFFERENT public.orders.22");
        assertThat(changed.source()).isEqualTo("{\"id\":22,\"state\":\"new\",\"note\":null}");
        assertThat(changed.stream()).isEqualTo("{\"id\":22,\"state\":\"old\",\"note\":null}");
        assertThat(found.difference("MISSING public.orders.17"))
                .isEqualTo(new Difference(
                        DifferenceKind.MISSING,
                        "public.orders.17",
                        null,
                        null,
                        false,
                        "{\"id\":17,\"state\":\"new\",\"note\":null}",
                        null));
        assertThat(found.difference("EXTRA public.orders.20").stream())
                .isEqualTo("{\"id\":20,\"state\":\"new\",\"note\":null}");
    }

    /** A record like one that is there, of a row that never was. */
    private void invent() {
        String text = stream.texts().stream()
                .filter(each -> each.contains("\"partition_key\":\"public.orders.1\""))
                .findFirst()
                .orElseThrow();
        String invented = text.replace("\"id\":1,", "\"id\":999,").replace("public.orders.1\"", "public.orders.999\"");
        stream.client()
                .putRecord(request -> request.streamName(TestStream.NAME)
                        .partitionKey("public.orders.999")
                        .data(SdkBytes.fromUtf8String(invented)));
    }

    @Test
    void whatIsNoEventOfLeatsIsPassedOver() throws Exception {
        run("SELECT leat.attach('orders')");
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 10) i");
        poller();
        awaitPublished();
        for (String text :
                new String[] {"", "{", "[]", "hello", "{\"op\":\"c\"}", "{\"source\":3}", "\n", "{}\n{}\n"}) {
            stream.client()
                    .putRecord(request -> request.streamName(TestStream.NAME)
                            .partitionKey("x")
                            .data(SdkBytes.fromUtf8String(text)));
        }
        assertEqual("public.orders", 10);
    }

    @Test
    @Tag("full")
    void rowsOfBeforeAreNotSeenUntilALoadHasSentThem() throws Exception {
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 50) i");
        run("SELECT leat.attach('orders')");
        run("UPDATE orders SET state = 'paid' WHERE id <= 3; INSERT INTO orders VALUES (51, 'new')");
        lose("partition_key = 'public.orders.51'");
        poller();
        awaitPublished();

        Found before = reconcile("public.orders");
        assertThat(before.rows()).isEqualTo(Map.of(Count.EQUAL, 3L, Count.NOT_SEEN, 47L, Count.MISSING, 1L));
        assertThat(before.result().window().complete()).isFalse();
        assertThat(before.result().window().sinceAttached()).isTrue();

        // The table was attached before the window: then it cannot be told that row 51 must be there.
        Found later = reconcile("public.orders", options(null, Instant.now()));
        assertThat(later.rows()).isEqualTo(Map.of(Count.EQUAL, 3L, Count.NOT_SEEN, 48L));

        run("SELECT leat.load('orders')");
        awaitLoaded();
        awaitPublished();
        assertEqual("public.orders", 51);
        assertThat(reconcile("public.orders").result().window().complete()).isTrue();
    }

    @Test
    void aRowThatALoadHasLostIsMissing() throws Exception {
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 50) i");
        run("SELECT leat.attach('orders')");
        run("SELECT leat.load('orders')");
        database.run("SELECT leat_poller.load_chunk(1000)");
        lose("partition_key = 'public.orders.50'");
        poller();
        awaitPublished();
        Found found = reconcile("public.orders");
        assertThat(found.differences().keySet()).containsExactly("MISSING public.orders.50");
        assertThat(found.rows()).isEqualTo(Map.of(Count.EQUAL, 49L, Count.MISSING, 1L));
    }

    @Test
    void fromATimeOnOnlyLaterRecordsCount() throws Exception {
        run("SELECT leat.attach('orders')");
        run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 20) i");
        poller();
        awaitPublished();
        Instant between = Instant.now().plusMillis(5);
        while (Instant.now().isBefore(between)) {
            Thread.onSpinWait();
        }
        run("UPDATE orders SET state = 'paid' WHERE id <= 4");
        awaitPublished();
        Found found = reconcile("public.orders", options(between, Instant.EPOCH));
        assertThat(found.rows()).isEqualTo(Map.of(Count.EQUAL, 4L, Count.NOT_SEEN, 16L));
        assertThat(found.result().window().from()).isEqualTo(between);
    }
}
