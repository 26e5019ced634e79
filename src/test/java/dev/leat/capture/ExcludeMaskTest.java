package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns that must never be published, whatever happens to the table. */
@Tag("postgres")
class ExcludeMaskTest extends CaptureFixture {

    @Test
    void anExcludedColumnIsAbsentAndAMaskedOneIsStars() {
        attachCards();

        run("INSERT INTO public.cards VALUES (1, '4111', 'Ann', 'n'), (2, '4222', NULL, NULL)");
        run("UPDATE public.cards SET card = '4333' WHERE id = 1");
        run("DELETE FROM public.cards WHERE id = 2");

        assertThat(changes())
                .containsExactly(
                        "c public.cards.1 null -> {\"id\":1,\"name\":\"***\",\"note\":\"n\"}",
                        "c public.cards.2 null -> {\"id\":2,\"name\":null,\"note\":null}",
                        "u public.cards.1 {\"id\":1,\"name\":\"***\",\"note\":\"n\"}"
                                + " -> {\"id\":1,\"name\":\"***\",\"note\":\"n\"}",
                        "d public.cards.2 {\"id\":2,\"name\":null,\"note\":null} -> null");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noSecretLeavesAfterTheTableWasChanged(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachCards();
        try (Session before = session();
                Session change = session()) {
            before.run("INSERT INTO public.cards VALUES (0, 'SECRET', 'SECRET', 'n')");
            for (String ddl : List.of(
                    "ALTER TABLE public.cards RENAME card TO pan",
                    "ALTER TABLE public.cards RENAME note TO card",
                    "ALTER TABLE public.cards RENAME pan TO note",
                    "ALTER TABLE public.cards RENAME name TO holder",
                    "ALTER TABLE public.cards ADD added text DEFAULT 'seen'",
                    "ALTER TABLE public.cards DROP COLUMN card; ALTER TABLE public.cards ADD card text DEFAULT 'SECRET'",
                    "ALTER TABLE public.cards ALTER note TYPE varchar(20)",
                    "ALTER TABLE public.cards RENAME TO kards",
                    "ALTER TABLE public.kards RENAME TO cards; SELECT leat.refresh()",
                    "ALTER TABLE public.cards DROP COLUMN note")) {
                change.run(ddl);
                String table = ddl.endsWith("kards") ? "public.kards" : "public.cards";
                before.run("UPDATE " + table + " SET id = id WHERE id = 0");
                try (Session after = session()) {
                    after.run("UPDATE " + table + " SET id = id WHERE id = 0");
                }
            }
        }

        assertThat(captured()).hasSize(21).allSatisfy(event -> {
            assertThat(event.fault()).isNull();
            assertThat(event.after()).doesNotContain("SECRET").contains("\"id\":0");
            assertThat(event.before() == null ? "" : event.before()).doesNotContain("SECRET");
        });
        assertThat(last().after()).isEqualTo("{\"id\":0,\"holder\":\"***\",\"added\":\"seen\"}");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noSecretLeavesByASnapshotOlderThanTheChange(boolean refreshed) throws Exception {
        if (refreshed) {
            refreshAfterDdl();
        }
        attachCards();
        try (Session old = session();
                Session change = session()) {
            old.run("INSERT INTO public.cards VALUES (1, 'SECRET', 'SECRET', 'n')");
            old.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
            old.value("SELECT count(*) FROM pg_class");
            change.run("BEGIN; ALTER TABLE public.cards RENAME card TO x; ALTER TABLE public.cards RENAME note TO card;"
                    + " ALTER TABLE public.cards RENAME x TO note; ALTER TABLE public.cards ADD more text; COMMIT");
            old.run("INSERT INTO public.cards VALUES (2, 'SECRET', 'SECRET', 'n', 'm')");
            old.run("COMMIT");
        }

        assertThat(last().fault()).isNull();
        assertThat(last().after()).isEqualTo("{\"id\":2,\"name\":\"***\",\"more\":\"m\"}");
    }

    @Test
    void aKeyThatTookInAnExcludedColumnIsNotSent() {
        attachCards();
        run("ALTER TABLE public.cards DROP CONSTRAINT cards_pkey, ADD PRIMARY KEY (card)");

        run("INSERT INTO public.cards VALUES (1, 'SECRET', NULL, NULL)");

        assertThat(last().partitionKey()).isEqualTo("public.cards");
        assertThat(last().key()).isNull();
        assertThat(last().held()).isTrue();
        assertThat(last().after()).doesNotContain("SECRET");
    }

    @Test
    void aMaskedCompositeValueWithNullsInItIsStillMasked() {
        run("CREATE TYPE public.pair AS (a int, b int); CREATE TABLE public.t (id int PRIMARY KEY, p public.pair);"
                + " SELECT leat.attach('public.t', mask => '{p}')");

        run("INSERT INTO public.t VALUES (1, ROW(1, NULL)), (2, ROW(NULL, NULL)), (3, NULL)");

        assertThat(captured().stream().map(Captured::after))
                .containsExactly("{\"id\":1,\"p\":\"***\"}", "{\"id\":2,\"p\":\"***\"}", "{\"id\":3,\"p\":null}");
    }

    @Test
    void withEveryOtherColumnExcludedTheKeyRemains() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, a int, b int); SELECT leat.attach('public.t', exclude => '{a,b}')");

        run("INSERT INTO public.t VALUES (1, 2, 3)");

        assertThat(last().after()).isEqualTo("{\"id\":1}");
    }

    private void attachCards() {
        run("CREATE TABLE public.cards (id int PRIMARY KEY, card text, name text, note text);"
                + " SELECT leat.attach('public.cards', exclude => '{card}', mask => '{name}')");
    }
}
