package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns that exchange their names, as when an integer column becomes bigint without a rewrite of the table. */
@Tag("postgres")
class ColumnSwapTest extends CaptureFixture {

    /** In transactions of their own, and in one, with a change after each. */
    private void steps(boolean atOnce, String change, String... ddl) throws Exception {
        try (Session session = session()) {
            session.run(atOnce ? "BEGIN" : "SELECT 1");
            for (String each : ddl) {
                session.run(each);
                session.run(change);
            }
            session.run(atOnce ? "COMMIT" : "SELECT 1");
        }
    }

    /** How the table is captured, whether leat.refresh runs by itself, and whether both columns are renamed in one transaction. */
    static Stream<Arguments> swaps() {
        List<Arguments> all = new ArrayList<>();
        for (String capture : List.of("row", "statement")) {
            for (int n = 0; n < 4; n++) {
                all.add(Arguments.of(capture, n / 2 == 1, n % 2 == 1));
            }
        }
        return Extent.some(4, all).stream();
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void aNamedKeyIsTheColumnThatBearsItsName(boolean refreshed, boolean atOnce) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, customer int, v int); SELECT leat.attach('public.t', key => '{customer}');"
                        + " ALTER TABLE public.t ADD customer_new bigint; INSERT INTO public.t VALUES (1, 7, 0, 1007)");
        run("SELECT leat.refresh()");
        forget();

        steps(
                atOnce,
                "UPDATE public.t SET v = v + 1",
                "ALTER TABLE public.t RENAME customer TO customer_old",
                "ALTER TABLE public.t RENAME customer_new TO customer",
                "ALTER TABLE public.t DROP customer_old");

        assertThat(captured()).allMatch(Captured::held).allMatch(event -> event.fault() == null);
        assertThat(captured().stream().map(event -> event.op() + " " + event.partitionKey() + " " + event.key()))
                .containsExactly(
                        "u public.t(customer).7 {\"customer_old\":7}",
                        "u public.t(customer).1007 {\"customer\":1007}",
                        "u public.t(customer).1007 {\"customer\":1007}");
        assertThat(database.value("SELECT leat.refresh() + leat.refresh()")).isEqualTo(refreshed ? "0" : "1");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    @Test
    void aKeyThatIsCalledOtherwiseNowIsFollowedAndNamed() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, customer int, v int); SELECT leat.attach('public.t', key => '{customer}');"
                        + " ALTER TABLE public.t RENAME customer TO client");

        assertThat(database.value("SELECT array_to_string(problems, ' ') FROM leat.attached()"))
                .contains("no column is called customer any more", "called client now", "attach the table again");
    }

    /** Without a refresh, which would notice it, and with the whole row in each image, so that no column's name is asked for. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aColumnThatIsAddedUnderTheNameOfARenamedKeyIsTheKey(boolean refreshed) {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, customer int); SELECT leat.attach('public.t', key => '{customer}');"
                        + " ALTER TABLE public.t RENAME customer TO client; SELECT leat.refresh(); INSERT INTO public.t VALUES (1, 7);"
                        + " ALTER TABLE public.t ADD customer int");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }
        run("INSERT INTO public.t VALUES (2, 7, 8)");

        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.t(customer).7", "public.t(customer).8");
    }

    @ParameterizedTest
    @CsvSource({"row,false", "row,true", "statement,false", "statement,true"})
    void aPrimaryKeyThatIsSwappedInOneTransactionKeepsItsPartitionKeys(String capture, boolean refreshed)
            throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachNumbers(capture);
        try (Session old = session();
                Session change = session()) {
            old.run("UPDATE public.t SET v = v + 1");
            change.run("BEGIN; ALTER TABLE public.t DROP CONSTRAINT t_pkey, ALTER id DROP NOT NULL;"
                    + " ALTER TABLE public.t RENAME id TO id_old; ALTER TABLE public.t RENAME id_new TO id;"
                    + " ALTER TABLE public.t ADD PRIMARY KEY (id); COMMIT");
            old.run("UPDATE public.t SET v = v + 1");
            change.run("ALTER TABLE public.t DROP id_old");
            old.run("INSERT INTO public.t (id, v) VALUES (4000000000, 0)");
            old.run("DELETE FROM public.t");
        }

        assertThat(captured()).noneMatch(Captured::held).allMatch(event -> event.fault() == null);
        assertThat(captured().stream().map(event -> event.op() + " " + event.partitionKey() + " " + event.key()))
                .containsExactly(
                        "u public.t.1 {\"id\":1}",
                        "u public.t.1 {\"id\":1}",
                        "c public.t.4000000000 {\"id\":4000000000}",
                        "d public.t.1 {\"id\":1}",
                        "d public.t.4000000000 {\"id\":4000000000}");
        run("SELECT leat.refresh()");
        assertThat(database.value("SELECT problems FROM leat.attached()")).isEqualTo("{}");
    }

    @ParameterizedTest
    @MethodSource("swaps")
    void whileItHasNoPrimaryKeyATableKeepsTheOrderOfAllItsEvents(String capture, boolean refreshed, boolean atOnce)
            throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachNumbers(capture);

        steps(
                atOnce,
                "UPDATE public.t SET v = v + 1",
                "ALTER TABLE public.t DROP CONSTRAINT t_pkey, ALTER id DROP NOT NULL",
                "ALTER TABLE public.t RENAME id TO id_old",
                "ALTER TABLE public.t RENAME id_new TO id",
                "ALTER TABLE public.t ADD PRIMARY KEY (id)");

        assertThat(captured()).allMatch(event -> event.fault() == null);
        assertThat(captured().stream().map(event -> event.partitionKey() + " " + event.held()))
                .containsExactly("public.t true", "public.t true", "public.t true", "public.t.1 false");
        assertThat(captured().stream().map(Captured::after)).last().isEqualTo("{\"id_old\":1,\"v\":4,\"id\":1}");
    }

    private void attachNumbers(String capture) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t', capture => '" + capture
                + "'); ALTER TABLE public.t ADD id_new bigint; INSERT INTO public.t VALUES (1, 0, 1);"
                + " ALTER TABLE public.t ALTER id_new SET NOT NULL; SELECT leat.refresh()");
        forget();
    }

    @ParameterizedTest
    @MethodSource("swaps")
    void whatWasLeftOutAndWhatBearsItsNameBothStayLeftOut(String capture, boolean refreshed, boolean atOnce)
            throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        run("CREATE TABLE public.t (id int PRIMARY KEY, card text, name text, v int, card_new text, name_new text);"
                + " SELECT leat.attach('public.t', exclude => '{card,card_new}', mask => '{name,name_new}', capture => '"
                + capture + "');"
                + " INSERT INTO public.t VALUES (1, 'SECRET', 'SECRET', 0, 'SECRET', 'SECRET')");

        steps(
                atOnce,
                "UPDATE public.t SET v = v + 1",
                "ALTER TABLE public.t RENAME card TO card_old",
                "ALTER TABLE public.t RENAME card_new TO card",
                "ALTER TABLE public.t RENAME name TO name_old",
                "ALTER TABLE public.t RENAME name_new TO name",
                "ALTER TABLE public.t ADD card_new text DEFAULT 'SECRET'",
                "SELECT leat.refresh()",
                // What bore the name for a while has been seen to.
                "ALTER TABLE public.t RENAME card TO pan",
                "ALTER TABLE public.t RENAME name TO holder");

        assertThat(captured()).hasSize(9).allSatisfy(event -> {
            assertThat(event.fault()).isNull();
            assertThat(event.after())
                    .doesNotContain("SECRET")
                    .contains("\"id\":1")
                    .contains("***");
            assertThat(event.before() == null ? "" : event.before()).doesNotContain("SECRET");
        });
        assertThat(captured()).hasSize(9);
    }

    /** As a file of attachments does with each deployment. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasLeftOutStaysSoWhenTheTableIsAttachedAgain(boolean refreshed) throws Exception {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, card text, name text); SELECT leat.attach('public.t', exclude =>"
                        + " '{card}', mask => '{name}'); ALTER TABLE public.t RENAME card TO card_old;"
                        + " ALTER TABLE public.t ADD card text; ALTER TABLE public.t RENAME name TO name_old;"
                        + " ALTER TABLE public.t ADD name text");
        if (refreshed) {
            run("SELECT leat.refresh()");
        }
        String attach = "SELECT leat.attach('public.t', exclude => '{card}', mask => '{name}')";
        run(attach);
        run("INSERT INTO public.t VALUES (1, 'SECRET', 'SECRET', 'SECRET', 'SECRET')");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"name_old\":\"***\",\"name\":\"***\"}");
        assertThat(database.value(attach)).isEqualTo("unchanged");
        assertThat(database.rows("SELECT excluded, masked FROM leat.attached()"))
                .containsExactly(List.of("{card,card_old}", "{name,name_old}"));

        run("SELECT leat.attach('public.t', exclude => '{card,name}')");
        run("INSERT INTO public.t VALUES (2, 'SECRET', 'SECRET', 'SECRET', 'SECRET')");
        assertThat(last().after()).isEqualTo("{\"id\":2,\"name_old\":\"***\"}");

        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', key => '{card_old}')")
                            .hint())
                    .contains("until the table is detached");
        }
        run("SELECT leat.detach('public.t'); SELECT leat.attach('public.t', exclude => '{card,name}')");
        run("INSERT INTO public.t VALUES (3, 'seen', 'seen', 'SECRET', 'SECRET')");
        assertThat(last().after()).isEqualTo("{\"id\":3,\"card_old\":\"seen\",\"name_old\":\"seen\"}");
    }
}
