package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that are not captured by the statement, and a reason against it that appears later. */
@Tag("postgres")
class StatementRisksTest extends CaptureFixture {

    private static final String ATTACH = "SELECT leat.attach('public.t', capture => 'statement');";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CREATE TABLE public.t (id int PRIMARY KEY) PARTITION BY RANGE (id) | partitioned
                    CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE public.t PARTITION OF public.p DEFAULT | it is a partition
                    CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.u () INHERITS (public.t) | public.u inherits
                    CREATE TABLE public.u (id int); CREATE TABLE public.t (PRIMARY KEY (id)) INHERITS (public.u) | inherits from public.u
                    CREATE TABLE public.t (id int PRIMARY KEY DEFERRABLE) | primary key
                    CREATE TABLE public.t (id int PRIMARY KEY, up int REFERENCES public.t ON DELETE SET NULL) | foreign key t_up_fkey
                    CREATE TABLE public.t (id int PRIMARY KEY, up int REFERENCES public.t ON UPDATE CASCADE) | foreign key t_up_fkey
                    CREATE TYPE public.pair AS (a int, b int); CREATE TABLE public.t (id int PRIMARY KEY, v public.pair[]) | the column v
                    """)
    void whatWouldDefeatItIsRefused(String table, String reason) throws Exception {
        run(table);
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal(ATTACH);
            assertThat(refusal.state()).isEqualTo("55000");
            assertThat(refusal.message()).contains("by the statement").contains(reason);
            assertThat(refusal.hint()).contains("Leave capture out");
        }
    }

    @Test
    void aNamedKeyIsRefusedAndSoIsAnUnknownWord() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', key => '{v}', capture => 'statement')")
                            .message())
                    .contains("held");
            assertThat(owner.refusal("SELECT leat.attach('public.t', capture => 'rows')")
                            .hint())
                    .contains("row:");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTriggerThatComesLaterPutsTheTableBackToRows(boolean refreshed) {
        if (refreshed) {
            refreshAfterDdl();
        }
        prepare();
        run("CREATE FUNCTION public.again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " UPDATE public.t SET v = 'second' WHERE id = NEW.id AND v = 'first'; RETURN NULL; END $$;"
                + " CREATE TRIGGER again AFTER INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.again()");
        if (!refreshed) {
            assertThat(database.value("SELECT array_to_string(problems, ' ') FROM leat.attached()"))
                    .contains("trigger again runs before");
            assertThat(database.value("SELECT leat.refresh()")).isEqualTo("1");
        }

        run("INSERT INTO public.t VALUES (1, 'first')");

        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "u");
        assertThat(database.value("SELECT array_to_string(problems, ' ') FROM leat.attached()"))
                .contains("by the row, not by the statement")
                .doesNotContain("missing");

        run("DROP TRIGGER again ON public.t");
        run("SELECT leat.refresh()");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
        assertThat(captureTriggers()).isEqualTo("{!leat_before,!leat_delete,!leat_insert,!leat_truncate,!leat_update}");
    }

    @Test
    void aTableThatBecomesAPartitionIsCapturedByTheRowFromThenOn() {
        prepare();
        run("CREATE TABLE public.p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
                + " ALTER TABLE public.p ATTACH PARTITION public.t DEFAULT");
        run("SELECT leat.refresh()");

        run("INSERT INTO public.p VALUES (1, 'a')");

        assertThat(last().partitionKey()).isEqualTo("public.t.1");
    }

    @Test
    void oneWayIsChangedForTheOtherInPlaceAndADisabledTriggerIsShown() {
        prepare();
        assertThat(database.value("SELECT leat.attach('public.t', capture => 'statement')"))
                .isEqualTo("unchanged");
        run("ALTER TABLE public.t DISABLE TRIGGER \"!leat_update\"");
        assertThat(database.value("SELECT row_trigger FROM leat.attached()")).isEqualTo("disabled");
        run("SELECT leat.refresh()");
        assertThat(database.value("SELECT row_trigger FROM leat.attached()")).isEqualTo("disabled");

        assertThat(database.value("SELECT leat.attach('public.t')")).isEqualTo("changed");
        assertThat(captureTriggers()).isEqualTo("{!leat_capture,!leat_truncate}");
        assertThat(database.value("SELECT capture || row_trigger FROM leat.attached()"))
                .isEqualTo("rowenabled");
        assertThat(database.value("SELECT leat.attach('public.t', operations => '{insert}', capture => 'statement')"))
                .isEqualTo("changed");
        assertThat(captureTriggers()).isEqualTo("{!leat_insert}");
        run("SELECT leat.detach('public.t')");
        assertThat(captureTriggers()).isNull();
    }

    private void prepare() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text);" + ATTACH);
    }

    private @Nullable String captureTriggers() {
        return database.value("SELECT array_agg(tgname ORDER BY tgname) FROM pg_trigger"
                + " WHERE tgrelid = 'public.t'::regclass AND starts_with(tgname, '!leat_')");
    }
}
