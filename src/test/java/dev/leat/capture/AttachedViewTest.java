package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** leat.attached() lists the attached tables, their options, and what is wrong with them. */
@Tag("postgres")
class AttachedViewTest extends CaptureFixture {

    @Test
    void itShowsTheOptionsAndTheKeyInForce() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, a int, b int, c int);"
                        + " SELECT leat.attach('public.t', exclude => '{b}', mask => '{c}', stream => 's', on_quarantine => 'pass')");

        assertThat(database.rows(
                        "SELECT relation, schema_name, table_name, key_columns, key_named, excluded, masked, before,"
                                + " operations, stream, on_quarantine, held, row_trigger, truncate_trigger, stale, problems"
                                + " FROM leat.attached()"))
                .containsExactly(List.of(
                        "t",
                        "public",
                        "t",
                        "{id}",
                        "f",
                        "{b}",
                        "{c}",
                        "t",
                        "{delete,insert,truncate,update}",
                        "s",
                        "pass",
                        "f",
                        "enabled",
                        "enabled",
                        "f",
                        "{}"));
    }

    @Test
    void triggersThatAreMissingOrDisabledAreShown() {
        run(
                "CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                        + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM (0) TO (10); SELECT leat.attach('public.p')");

        run("ALTER TABLE public.p1 DISABLE TRIGGER \"!leat_capture_1\"; DROP TRIGGER \"!leat_truncate_1\" ON public.p");

        assertThat(database.rows("SELECT row_trigger, truncate_trigger FROM leat.attached()"))
                .containsExactly(List.of("disabled", "missing"));
        assertThat(database.value("SELECT array_to_string(problems, ' ') FROM leat.attached()"))
                .contains("\"!leat_capture_1\" on public.p1 is disabled")
                .contains("\"!leat_truncate_1\" on public.p is missing");
        run("ALTER TABLE public.p ENABLE TRIGGER \"!leat_capture_1\"");
        assertThat(database.value("SELECT row_trigger FROM leat.attached()")).isEqualTo("not ENABLE ALWAYS");
    }

    @Test
    void aStaleFunctionIsShown() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " ALTER TABLE public.t RENAME id TO nr");

        assertThat(database.rows("SELECT stale, key_columns FROM leat.attached()"))
                .containsExactly(List.of("t", "{nr}"));
        assertThat(database.value("SELECT problems[1] FROM leat.attached()")).contains("leat.refresh()");
    }
}
