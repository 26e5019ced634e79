package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.schema.Migrations;
import dev.leat.testkit.Session;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The order of ids depends on the properties of the sequence. */
@Tag("postgres")
class SequenceTest extends CaptureFixture {

    @Test
    void idsComeFromTheColumnsDefaultWithoutACache() {
        assertThat(database.rows(
                        "SELECT s.seqcache, s.seqcycle, s.seqmax, a.attidentity FROM pg_sequence s, pg_attribute a"
                                + " WHERE s.seqrelid = 'leat_internal.outbox_id_seq'::regclass AND a.attrelid = 'leat_internal.outbox'::regclass"
                                + " AND a.attname = 'id'"))
                .containsExactly(List.of("1", "f", "9223372036854775807", "a"));
    }

    /** Else consumers, who keep the last id of each key, would skip what an outbox writes that was dropped and made anew. */
    @Test
    void anOutboxThatIsMadeAnewBeginsAboveTheOneBefore() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1)");
        long before = last().id();

        run("DROP SCHEMA leat, leat_poller, leat_internal CASCADE");
        Migrations.migrate(database.owner());
        run("SELECT leat.attach('public.t'); UPDATE public.t SET id = id");

        assertThat(last().id()).isGreaterThan(before).isLessThan(1L << 53);
        assertThat(database.value("SELECT abs(" + last().id()
                        + " - (extract(epoch FROM clock_timestamp() - timestamptz '2020-01-01 00:00:00+00') * 1000000))"
                        + " < 600000000"))
                .as("microseconds since 2020")
                .isEqualTo("t");
    }

    @Test
    void restartingTheSequenceDoesNotLeadBackToOne() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); INSERT INTO public.t VALUES (1)");
        long first = last().id();

        run("TRUNCATE leat_internal.outbox RESTART IDENTITY; INSERT INTO public.t VALUES (2)");

        assertThat(last().id()).isEqualTo(first).isGreaterThan(1_000_000_000);
    }

    @Test
    void twoSessionsWritesOfOneKeyHaveTheOrderOfTheirCommits() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 0), (2, 0)");
        forget();
        try (Session first = session();
                Session second = session()) {
            first.run("BEGIN");
            second.run("BEGIN");
            second.run("UPDATE public.t SET v = 20 WHERE id = 2");
            first.run("UPDATE public.t SET v = 1 WHERE id = 1");
            CompletableFuture<Void> waits =
                    CompletableFuture.runAsync(() -> second.run("UPDATE public.t SET v = 2 WHERE id = 1; COMMIT"));
            first.run("COMMIT");
            waits.get(10, TimeUnit.SECONDS);
        }

        assertThat(captured().stream()
                        .filter(event -> "public.t.1".equals(event.partitionKey()))
                        .map(Captured::after))
                .containsExactly("{\"id\":1,\"v\":1}", "{\"id\":1,\"v\":2}");
    }
}
