package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A primary key of several columns. */
@Tag("postgres")
class CompositeKeyTest extends CaptureFixture {

    @Test
    void theKeyIsTheRowOfItsColumnsInThePrimaryKeysOrder() {
        run("CREATE TABLE public.lines (note text, line int, orders text, PRIMARY KEY (orders, line));"
                + " SELECT leat.attach('public.lines')");

        run("INSERT INTO public.lines VALUES ('n', 2, 'a b')");

        assertThat(last().partitionKey()).isEqualTo("public.lines.(\"a b\",2)");
        assertThat(last().key()).isEqualTo("{\"orders\":\"a b\",\"line\":2}");
        assertThat(last().held()).isFalse();
    }

    @Test
    void valuesThatLookAlikeTogetherAreDifferentKeys() {
        run("CREATE TABLE public.t (a text, b text, PRIMARY KEY (a, b)); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES ('x,y', 'z'), ('x', 'y,z')");

        assertThat(captured().stream().map(Captured::partitionKey).distinct()).hasSize(2);
    }

    @Test
    void includedColumnsAreNoPartOfTheKey() {
        run("CREATE TABLE public.t (a int, b int, PRIMARY KEY (a) INCLUDE (b)); SELECT leat.attach('public.t')");

        run("INSERT INTO public.t VALUES (1, 2)");

        assertThat(last().partitionKey()).isEqualTo("public.t.1");
    }

    @Test
    void aChangeOfOnePartIsAKeyChange() {
        run("CREATE TABLE public.t (a int, b int, PRIMARY KEY (a, b)); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 2)");
        forget();

        run("UPDATE public.t SET b = 3");

        assertThat(changes())
                .containsExactly(
                        "d public.t.(1,2) {\"a\":1,\"b\":2} -> null", "c public.t.(1,3) null -> {\"a\":1,\"b\":3}");
    }
}
