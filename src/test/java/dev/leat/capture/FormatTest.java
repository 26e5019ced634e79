package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire format that a table is attached with is in each of its events, whichever way it was captured. */
@Tag("postgres")
class FormatTest extends CaptureFixture {

    private List<List<@Nullable String>> formats() {
        return database.rows("SELECT DISTINCT o.format, o.op::text FROM leat_internal.outbox o ORDER BY 1, 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void eachEventOfATableHasItsFormat(String capture) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text)");
        run("SELECT leat.attach('public.t', format => 'trigger:both', capture => '" + capture + "')");

        run("INSERT INTO public.t VALUES (1, 'a'), (2, 'b')");
        run("UPDATE public.t SET v = 'c' WHERE id = 1");
        run("UPDATE public.t SET id = 3 WHERE id = 2");
        run("DELETE FROM public.t");
        // The function is older than the table's shape now: the row is read dynamically.
        run("CREATE TYPE public.colour AS ENUM ('red'); ALTER TABLE public.t ADD COLUMN c public.colour");
        run("INSERT INTO public.t VALUES (4, 'd', 'red')");
        run("TRUNCATE public.t");

        assertThat(captured()).hasSizeGreaterThan(64 + 6);
        assertThat(formats())
                .containsExactly(
                        List.of("trigger:both", "c"),
                        List.of("trigger:both", "d"),
                        List.of("trigger:both", "t"),
                        List.of("trigger:both", "u"));
    }

    @Test
    void aRowThatCannotBeReadHasTheFormatToo() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v json)");
        run("SELECT leat.attach('public.t', format => 'cloudevents')");
        run("ALTER TABLE public.t ALTER COLUMN v TYPE text");
        database.superuser("DROP FUNCTION leat_internal.shape(integer)");

        run("INSERT INTO public.t VALUES (1, 'x')");

        assertThat(last().fault()).isNotNull();
        assertThat(formats()).containsExactly(List.of("cloudevents", "c"));
    }

    @Test
    void attachingAgainChangesTheFormatOfLaterEvents() {
        run("CREATE TABLE public.t (id int PRIMARY KEY)");
        run("SELECT leat.attach('public.t', format => 'cloudevents')");
        run("INSERT INTO public.t VALUES (1)");
        assertThat(database.rows("SELECT format FROM leat.attached()")).containsExactly(List.of("cloudevents"));
        assertThat(database.rows("SELECT leat.attach('public.t')")).containsExactly(List.of("changed"));
        run("INSERT INTO public.t VALUES (2)");

        assertThat(database.rows("SELECT format FROM leat_internal.outbox ORDER BY id"))
                .containsExactly(List.of("cloudevents"), Arrays.asList((String) null));
        assertThat(database.rows("SELECT format FROM leat.attached()")).containsExactly(Arrays.asList((String) null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "avro | there is no format \"avro\"",
                "Debezium | there is no format \"Debezium\"",
                "'' | there is no format \"\"",
                "raw | raw is the payload of a domain event, and a table has rows",
                "trigger:new | trigger has no option \"new\"",
                "trigger:old:both | has two options of which one is possible",
                "dms:json:json-unformatted | has two options of which one is possible",
                "dms:before-image= | dms has no option",
                "dms:before-image-columns=all | says the columns of a before image and not its name",
                "dms:key=primary-key | dms has no option",
                "cloudevents:binary | cloudevents has no option \"binary\"",
                "debezium: | debezium has no option \"\"",
            })
    void aFormatThatThereIsNotIsRefusedAndNothingIsAttached(String format, String refusal) throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY)");
        try (Session owner = session()) {
            Session.Refusal refused = owner.refusal("SELECT leat.attach('public.t', format => '" + format + "')");
            assertThat(refused.message()).contains(refusal);
            assertThat(refused.hint()).isNotBlank();
        }
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }
}
