package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** leat.refresh updates functions and triggers, and changes nothing else. */
@Tag("postgres")
class RefreshTest extends CaptureFixture {

    @Test
    void aStaleFunctionIsRewrittenOnce() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, s text); SELECT leat.attach('public.t', exclude => '{s}');"
                + " ALTER TABLE public.t RENAME s TO r; ALTER TABLE public.t ADD more int");

        assertThat(database.value("SELECT leat.refresh()")).isEqualTo("1");
        assertThat(database.value("SELECT leat.refresh()")).isEqualTo("0");
        assertThat(database.rows("SELECT stale, excluded FROM leat.attached()")).containsExactly(List.of("f", "{r,s}"));
    }

    @Test
    void whatAPersonDisabledStaysDisabled() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " ALTER TABLE public.t DISABLE TRIGGER ALL");

        assertThat(database.value("SELECT leat.refresh()")).isEqualTo("0");
        run("INSERT INTO public.t VALUES (1); TRUNCATE public.t");
        assertThat(captured()).isEmpty();
    }

    @Test
    void whatIsLockedIsLeftForLater() throws Exception {
        run("CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id); SELECT leat.attach('public.p');"
                + " CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10);"
                + " ALTER TABLE public.t RENAME id TO nr");
        try (Session writer = session();
                Session poller = session()) {
            writer.run("BEGIN; INSERT INTO public.p VALUES (1)");

            assertThat(poller.warnings("SELECT leat.refresh()"))
                    .singleElement()
                    .asString()
                    .contains("is left for later");

            assertThat(database.rows("SELECT stale, truncate_trigger FROM leat.attached() ORDER BY attachment"))
                    .containsExactly(List.of("f", "missing"), List.of("f", "enabled"));
            writer.run("COMMIT");
            assertThat(poller.value("SELECT leat.refresh()")).isEqualTo("1");
        }
    }

    @Test
    void oneRefreshAtATime() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " ALTER TABLE public.t RENAME id TO nr");
        try (Session one = session()) {
            one.run("BEGIN");
            assertThat(one.value("SELECT leat.refresh()")).isEqualTo("1");

            assertThat(database.value("SELECT leat.refresh()")).isEqualTo("0");
            one.run("COMMIT");
        }
    }

    @Test
    void columnsNumberedAnewByARestoreAreFoundByName() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, a text, s text); SELECT leat.attach('public.t', exclude => '{s}')");
        // What a restore leaves: other oids and attnums than those noted.
        run("UPDATE leat_internal.attachment SET pinned_in = 1, left_out_attnums = '{2}'");
        run("INSERT INTO public.t VALUES (1, 'a', 'SECRET')");

        run("SELECT leat.refresh()");
        run("ALTER TABLE public.t RENAME s TO r; INSERT INTO public.t VALUES (2, 'a', 'SECRET')");

        assertThat(captured().stream().map(Captured::after))
                .containsExactly("{\"id\":1,\"a\":\"a\"}", "{\"id\":2,\"a\":\"a\"}");
    }
}
