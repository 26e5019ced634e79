package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Statements that decide row by row whether they insert, update or delete. */
@Tag("postgres")
class UpsertMergeTest extends CaptureFixture {

    @Test
    void anUpsertIsWhatItTurnedOutToBe() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v");
        run("INSERT INTO public.t VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v");
        run("INSERT INTO public.t VALUES (1, 3) ON CONFLICT DO NOTHING");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":1}",
                        "u public.t.1 {\"id\":1,\"v\":1} -> {\"id\":1,\"v\":2}");
    }

    @Test
    void aMergeIsTheRowsItTouched() {
        assumeTrue(
                Integer.parseInt(String.valueOf(database.value("SHOW server_version_num"))) >= 150_000,
                "MERGE came with PostgreSQL 15");
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 1), (2, 2)");
        forget();

        run("MERGE INTO public.t USING (VALUES (1, 10), (2, 0), (3, 30)) AS s (id, v) ON t.id = s.id"
                + " WHEN MATCHED AND s.v = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v"
                + " WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)");

        assertThat(changes())
                .containsExactlyInAnyOrder(
                        "u public.t.1 {\"id\":1,\"v\":1} -> {\"id\":1,\"v\":10}",
                        "d public.t.2 {\"id\":2,\"v\":2} -> null",
                        "c public.t.3 null -> {\"id\":3,\"v\":30}");
    }
}
