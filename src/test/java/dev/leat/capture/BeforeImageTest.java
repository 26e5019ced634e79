package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tables attached without old images: an event contains only the primary key of the old row, if the row was deleted or its key changed. */
@Tag("postgres")
class BeforeImageTest extends CaptureFixture {

    /** By which way a row is captured. */
    private enum Way {
        ROW("row", "t"),
        ROW_AFTER_DDL("row", "was"),
        STATEMENT("statement", "t"),
        STATEMENT_AFTER_DDL("statement", "was");

        private final String capture;
        private final String name;

        Way(String capture, String name) {
            this.capture = capture;
            this.name = name;
        }

        /** Creates public.t and attaches it; it may have another name until then. */
        void attach(CaptureFixture on, String columns, String arguments) {
            on.run("CREATE TABLE public." + name + " (" + columns + "); SELECT leat.attach('public." + name
                    + "', before => false, capture => '" + capture + "'" + arguments + ")");
            if (!name.equals("t")) {
                on.run("ALTER TABLE public." + name + " RENAME TO t");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDeleteAndAChangeOfTheKeyCarryTheOldPrimaryKey(Way way) {
        way.attach(this, "id int PRIMARY KEY, v int", "");

        run("INSERT INTO public.t VALUES (1, 1)");
        run("UPDATE public.t SET v = 2");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":1}",
                        "u public.t.1 null -> {\"id\":1,\"v\":2}",
                        "d public.t.1 {\"id\":1} -> null",
                        "c public.t.2 null -> {\"id\":2,\"v\":2}",
                        "d public.t.2 {\"id\":2} -> null");
        assertThat(last().key()).isEqualTo("{\"id\":2}");
    }

    @ParameterizedTest
    @EnumSource(names = {"ROW", "ROW_AFTER_DDL"})
    void withAnotherKeyTooItIsToldWhichRowIsGone(Way way) {
        way.attach(this, "id int PRIMARY KEY, customer int, v int", ", key => '{customer}'");

        run("INSERT INTO public.t VALUES (1, 7, 1), (2, 7, 1)");
        run("UPDATE public.t SET v = 2 WHERE id = 1");
        run("UPDATE public.t SET id = 3 WHERE id = 1");
        run("UPDATE public.t SET customer = 8 WHERE id = 2");
        run("UPDATE public.t SET customer = 9, id = 4 WHERE id = 3");
        run("DELETE FROM public.t WHERE id = 2");

        assertThat(changes())
                .containsExactly(
                        "c public.t(customer).7 null -> {\"id\":1,\"customer\":7,\"v\":1}",
                        "c public.t(customer).7 null -> {\"id\":2,\"customer\":7,\"v\":1}",
                        "u public.t(customer).7 null -> {\"id\":1,\"customer\":7,\"v\":2}",
                        "u public.t(customer).7 {\"id\":1} -> {\"id\":3,\"customer\":7,\"v\":2}",
                        "d public.t(customer).7 {\"id\":2} -> null",
                        "c public.t(customer).8 null -> {\"id\":2,\"customer\":8,\"v\":1}",
                        "d public.t(customer).7 {\"id\":3} -> null",
                        "c public.t(customer).9 null -> {\"id\":4,\"customer\":9,\"v\":2}",
                        "d public.t(customer).8 {\"id\":2} -> null");
        assertThat(captured()).allMatch(event -> event.fault() == null);
    }

    @ParameterizedTest
    @EnumSource(names = {"ROW", "ROW_AFTER_DDL"})
    void whatMustNotLeaveDoesNotLeaveAsAPartOfThePrimaryKey(Way way) {
        run("CREATE TYPE public.mood AS ENUM ('sad', 'glad')");
        way.attach(
                this,
                "card text, name text, m mood, customer int, PRIMARY KEY (m, name, card)",
                ", key => '{customer}', exclude => '{card}', mask => '{name}'");

        run("INSERT INTO public.t VALUES ('4111', 'Ann', 'sad', 7)");
        run("UPDATE public.t SET m = 'glad'");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t(customer).7 null -> {\"name\":\"***\",\"m\":\"sad\",\"customer\":7}",
                        "u public.t(customer).7 {\"m\":\"sad\",\"name\":\"***\"}"
                                + " -> {\"name\":\"***\",\"m\":\"glad\",\"customer\":7}",
                        "d public.t(customer).7 {\"m\":\"glad\",\"name\":\"***\"} -> null");
    }

    @ParameterizedTest
    @EnumSource(names = {"ROW", "ROW_AFTER_DDL"})
    void whereNothingTellsARowApartNothingIsTold(Way way) {
        way.attach(this, "id int, customer int", ", key => '{customer}'");

        run("INSERT INTO public.t VALUES (1, 7)");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t(customer).7 null -> {\"id\":1,\"customer\":7}",
                        "u public.t(customer).7 null -> {\"id\":2,\"customer\":7}",
                        "d public.t(customer).7 null -> null");
    }

    @ParameterizedTest
    @EnumSource(names = {"ROW", "ROW_AFTER_DDL"})
    void thePrimaryKeyIsTheOneThatTheTableHasByNow(Way way) {
        way.attach(this, "id int PRIMARY KEY, other int NOT NULL, customer int", ", key => '{customer}'");
        run("INSERT INTO public.t VALUES (1, 11, 7), (2, 12, 7), (3, 13, 7)");
        forget();

        run("ALTER TABLE public.t RENAME id TO number");
        run("DELETE FROM public.t WHERE number = 1");
        run("ALTER TABLE public.t DROP CONSTRAINT " + way.name + "_pkey, ADD PRIMARY KEY (other)");
        run("DELETE FROM public.t WHERE number = 2");
        run("ALTER TABLE public.t DROP CONSTRAINT t_pkey");
        run("DELETE FROM public.t WHERE number = 3");

        assertThat(changes())
                .containsExactly(
                        "d public.t(customer).7 {\"number\":1} -> null",
                        "d public.t(customer).7 {\"other\":12} -> null",
                        "d public.t(customer).7 null -> null");
    }

    @ParameterizedTest
    @EnumSource
    void aPrimaryKeyThatBecameDeferrableTellsTheRowToo(Way way) {
        way.attach(this, "id int PRIMARY KEY, v int", "");
        run("INSERT INTO public.t VALUES (1, 1)");
        forget();

        run("ALTER TABLE public.t DROP CONSTRAINT " + way.name + "_pkey, ADD PRIMARY KEY (id) DEFERRABLE");
        run("UPDATE public.t SET v = 2");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "u public.t(id).1 null -> {\"id\":1,\"v\":2}",
                        "d public.t(id).1 {\"id\":1} -> null",
                        "c public.t(id).2 null -> {\"id\":2,\"v\":2}",
                        "d public.t(id).2 {\"id\":2} -> null");
    }

    @Test
    void aRowThatCannotBeReadTellsNothing() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, secret text, v int);"
                + " SELECT leat.attach('public.t', before => false, exclude => '{secret}');"
                + " INSERT INTO public.t VALUES (1, 'SECRET', 1)");
        forget();
        run("UPDATE leat_internal.attachment SET pinned_in = 0; ALTER TABLE public.t RENAME secret TO open");

        run("DELETE FROM public.t");

        Captured event = last();
        assertThat(event.before()).isNull();
        assertThat(event.key()).isNull();
        assertThat(event.fault()).startsWith("the row could not be read: ");
    }
}
