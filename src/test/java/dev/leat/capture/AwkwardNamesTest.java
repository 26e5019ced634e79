package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that would be SQL, or a syntax error, if they were not quoted. */
@Tag("postgres")
class AwkwardNamesTest extends CaptureFixture {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "two words",
                "quo\"te",
                "it's",
                "$template$",
                "%1$s %I %%",
                "{{guard}}",
                "}} {{new_key}} {{",
                "back\\slash",
                "emoji 🦊",
                "; DROP TABLE leat_internal.outbox; --",
                "new",
                "select",
                "line\nbreak",
                "sixty_three_bytes_sixty_three_bytes_sixty_three_bytes_sixty_thr"
            })
    void anyNameDoes(String name) throws Exception {
        String quoted = '"' + name.replace("\"", "\"\"") + '"';
        String array = "ARRAY['" + name.replace("'", "''") + "']";
        run("CREATE SCHEMA " + quoted + "; CREATE TABLE " + quoted + "." + quoted + " (" + quoted
                + " int PRIMARY KEY, secret_ text, masked_ text)");
        String table = "'" + (quoted + "." + quoted).replace("'", "''") + "'";
        run("SELECT leat.attach(" + table + ")");
        run("INSERT INTO " + quoted + "." + quoted + " VALUES (1, 's', 'm')");
        run("SELECT leat.attach(" + table + ", key => " + array + ", exclude => '{secret_}', mask => '{masked_}')");
        run("INSERT INTO " + quoted + "." + quoted + " VALUES (2, 's', 'm')");
        run("ALTER TABLE " + quoted + "." + quoted + " RENAME masked_ TO m; TRUNCATE " + quoted + "." + quoted);
        run("INSERT INTO " + quoted + "." + quoted + " VALUES (3, 's', 'm')");
        run("SELECT leat.refresh()");
        run("INSERT INTO " + quoted + "." + quoted + " VALUES (4, 's', 'm')");

        assertThat(captured().stream().filter(event -> "c".equals(event.op())))
                .hasSize(4)
                .allSatisfy(event -> {
                    assertThat(event.schema()).isEqualTo(name);
                    assertThat(event.table()).isEqualTo(name);
                    assertThat(event.fault()).isNull();
                    assertThat(event.partitionKey()).matches(key -> key.length() <= 256);
                });
        assertThat(
                        database.rows(
                                "SELECT key ->> " + array.substring(6, array.length() - 1)
                                        + ", after ->> 'm', after ->> 'secret_' FROM leat_internal.outbox WHERE op = 'c' ORDER BY id DESC LIMIT 1"))
                .containsExactly(Arrays.asList("4", "***", null));
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
        run("SELECT leat.detach(" + table + ")");
    }

    @Test
    void excludedAndMaskedColumnsMayHaveAwkwardNamesToo() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, \"a b\" text, \"c\"\"d\" text, \"e'f\" text);"
                + " SELECT leat.attach('public.t', exclude => ARRAY['a b'], mask => ARRAY['c\"d', 'e''f'])");

        run("INSERT INTO public.t VALUES (1, 's', 's', 's')");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"c\\\"d\":\"***\",\"e'f\":\"***\"}");
    }
}
