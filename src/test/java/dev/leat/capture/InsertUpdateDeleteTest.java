package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The common case: one row at a time, by its primary key. */
@Tag("postgres")
class InsertUpdateDeleteTest extends CaptureFixture {

    @Test
    void anInsertAnUpdateAndADeleteCarryTheirImages() {
        run("CREATE TABLE public.orders (id bigint PRIMARY KEY, note text); SELECT leat.attach('public.orders')");

        run("INSERT INTO public.orders VALUES (42, 'new')");
        run("UPDATE public.orders SET note = NULL");
        run("DELETE FROM public.orders");

        assertThat(changes())
                .containsExactly(
                        "c public.orders.42 null -> {\"id\":42,\"note\":\"new\"}",
                        "u public.orders.42 {\"id\":42,\"note\":\"new\"} -> {\"id\":42,\"note\":null}",
                        "d public.orders.42 {\"id\":42,\"note\":null} -> null");
        assertThat(captured()).allSatisfy(event -> {
            assertThat(event.key()).isEqualTo("{\"id\":42}");
            assertThat(event.schema()).isEqualTo("public");
            assertThat(event.table()).isEqualTo("orders");
            assertThat(event.held()).isFalse();
            assertThat(event.mayPass()).isFalse();
            assertThat(event.stream()).isNull();
            assertThat(event.fault()).isNull();
        });
    }

    @Test
    void theLaneIsTheTopSixBitsOfTheHashThatKinesisPlacesTheKeyBy() throws Exception {
        run("CREATE TABLE public.t (id text PRIMARY KEY); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t SELECT 'é' || n FROM generate_series(1, 500) AS n");

        MessageDigest md5 = MessageDigest.getInstance("MD5");
        assertThat(captured()).hasSize(500).allSatisfy(event -> {
            byte[] hash = md5.digest(event.partitionKey().getBytes(StandardCharsets.UTF_8));
            assertThat(event.lane()).isEqualTo((hash[0] & 0xff) >> 2);
        });
        assertThat(captured().stream().map(Captured::lane).distinct()).hasSizeGreaterThan(50);
    }

    @Test
    void anEventCarriesTransactionAndTime() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");

        run(
                "BEGIN; INSERT INTO public.t VALUES (1); INSERT INTO public.t SELECT pg_current_xact_id()::text::int; COMMIT");

        assertThat(database.rows(
                        "SELECT xid = (SELECT max(id) FROM public.t), captured_at BETWEEN now() - interval '1 minute'"
                                + " AND now() FROM leat_internal.outbox"))
                .containsExactly(List.of("t", "t"), List.of("t", "t"));
    }

    @Test
    void changesOfOneKeyWithinATransactionAscend() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t')");

        run("BEGIN; INSERT INTO public.t VALUES (1, 1); DELETE FROM public.t; INSERT INTO public.t VALUES (1, 2);"
                + " UPDATE public.t SET v = 3; COMMIT");

        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "d", "c", "u");
        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":3}");
    }

    @Test
    void aDataModifyingCteIsCapturedInTheOrderItsRowsHadThem() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 1)");
        forget();

        run("WITH gone AS (DELETE FROM public.t RETURNING id, v) INSERT INTO public.t SELECT id + 1, v FROM gone");

        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactlyInAnyOrder("public.t.1", "public.t.2");
    }
}
