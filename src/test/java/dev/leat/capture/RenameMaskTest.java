package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns and tables that consumers see under other names, and masks other than ***. */
@Tag("postgres")
class RenameMaskTest extends CaptureFixture {

    private void table() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, email text, phone text, note text)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void everythingOfAnEventHasTheNamesThatConsumersSee(String capture) {
        table();
        run("SELECT leat.attach('public.t', rename => '{id=key,note=remark,email=note}', rename_schema => 'landing',"
                + " rename_table => 'src t', exclude => '{phone}', capture => '" + capture + "')");
        run("INSERT INTO public.t VALUES (1, 'e', 'p', 'n')");
        run("UPDATE public.t SET note = 'm'");
        run("UPDATE public.t SET id = 2");
        run("TRUNCATE public.t");
        // Dynamically, and by a function that is written anew.
        run("ALTER TABLE public.t ADD COLUMN late int");
        run("INSERT INTO public.t VALUES (3, 'e', 'p', 'n', 7)");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (4, 'e', 'p', 'n', 7)");

        assertThat(changes().stream().filter(change -> !change.startsWith("t ")))
                .containsExactly(
                        "c public.t.1 null -> {\"key\":1,\"note\":\"e\",\"remark\":\"n\"}",
                        "u public.t.1 {\"key\":1,\"note\":\"e\",\"remark\":\"n\"} -> {\"key\":1,\"note\":\"e\",\"remark\":\"m\"}",
                        "d public.t.1 {\"key\":1,\"note\":\"e\",\"remark\":\"m\"} -> null",
                        "c public.t.2 null -> {\"key\":2,\"note\":\"e\",\"remark\":\"m\"}",
                        "c public.t.3 null -> {\"key\":3,\"note\":\"e\",\"remark\":\"n\",\"late\":7}",
                        "c public.t.4 null -> {\"key\":4,\"note\":\"e\",\"remark\":\"n\",\"late\":7}");
        assertThat(captured()).allSatisfy(event -> {
            assertThat(event.schema()).isEqualTo("landing");
            assertThat(event.table()).isEqualTo("src t");
        });
        assertThat(captured().get(0).key()).isEqualTo("{\"key\":1}");
    }

    @Test
    void aColumnThatTakesAnotherOnesNameLaterStopsTheRenames() {
        table();
        run("SELECT leat.attach('public.t', rename => '{note=remark}')");
        run("ALTER TABLE public.t ADD COLUMN remark text");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (1, 'e', 'p', 'n', 'r')");
        assertThat(last().after())
                .isEqualTo("{\"id\":1,\"email\":\"e\",\"phone\":\"p\",\"note\":\"n\",\"remark\":\"r\"}");
        assertThat(database.rows("SELECT array_to_string(problems, ';') FROM leat.attached()")
                        .get(0)
                        .get(0))
                .contains("a column has the name that another one is sent under");
    }

    @Test
    void eachMaskHidesWhatItSays() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, a text, b text, c text, d text, e int, \"f=hash\" text)");
        run(
                "SELECT leat.attach('public.t', mask => ARRAY['a=hash', 'b=digits', 'c=digits:\\', 'd=random-digits', 'e=hash', 'f=hash'])");
        run(
                "INSERT INTO public.t VALUES (1, 'KLM1234', 'KLM1234', 'KLM1234', 'KLM-0000000000000000', 7, 'x'); INSERT INTO public.t (id) VALUES (2)");

        List<Captured> events = captured();
        assertThat(String.valueOf(events.get(0).after()))
                .matches(
                        "\\{\"id\":1,\"a\":\"[0-9A-F]{64}\",\"b\":\"KLM####\",\"c\":\"KLM(\\\\\\\\){4}\",\"d\":\"KLM-[0-9]{16}\","
                                + "\"e\":\"7902699BE42C8A8E46FBBB4501726517E86B22C56A189F7625A6DA49081B2451\",\"f=hash\":\"\\*\\*\\*\"}")
                .doesNotContain("0000000000000000");
        assertThat(events.get(1).after())
                .isEqualTo("{\"id\":2,\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null,\"f=hash\":null}");
    }

    @Test
    void aMaskFollowsItsColumnToAnotherName() {
        table();
        run("SELECT leat.attach('public.t', mask => '{email=digits}')");
        run("ALTER TABLE public.t RENAME email TO mail");
        run("INSERT INTO public.t (id, mail) VALUES (1, 'a1')");
        assertThat(last().after()).contains("\"mail\":\"a#\"");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t (id, mail) VALUES (2, 'a2')");
        assertThat(last().after()).contains("\"mail\":\"a#\"");
        assertThat(database.rows("SELECT leat.attach('public.t', mask => '{mail=digits}')")
                        .get(0)
                        .get(0))
                .isEqualTo("changed");
        run("INSERT INTO public.t (id, mail) VALUES (3, 'a3')");
        assertThat(last().after()).contains("\"mail\":\"a#\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mask => '{email=md5}' | there is no mask \"md5\" for column \"email\"",
                "mask => '{email=digits:}' | there is no mask \"digits:\"",
                "mask => '{email=digits:##}' | there is no mask \"digits:##\"",
                "mask => '{mail=hash}' | has no column \"mail\"",
                "mask => '{id=hash}' | column \"id\" is a key column",
                "rename => '{email}' | \"email\" renames no column",
                "rename => '{email=}' | \"email=\" renames no column",
                "rename => '{mail=m}' | has no column \"mail\" to rename",
                "rename => '{email=a,email=b}' | column \"email\" is renamed twice",
                "rename => '{email=note}' | two columns would be sent as \"note\"",
                "rename => '{email=m,note=m}' | two columns would be sent as \"m\"",
                "rename => '{email=m}', exclude => '{email}' | both excluded and renamed",
                "rename => NULL | may be null",
                "rename_table => '' | have 1 to 128 characters",
            })
    void whatCannotBeIsRefusedAndNothingIsAttached(String options, String refusal) throws Exception {
        table();
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', " + options + ")")
                            .message())
                    .contains(refusal);
        }
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }
}
