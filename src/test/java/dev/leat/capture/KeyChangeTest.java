package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An update that changes the key is a delete under the old key and an insert under the new one. */
@Tag("postgres")
class KeyChangeTest extends CaptureFixture {

    @Test
    void aKeyChangeIsADeleteAndAnInsert() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 'a')");
        forget();

        run("UPDATE public.t SET id = 2, v = 'b'");

        assertThat(changes())
                .containsExactly(
                        "d public.t.1 {\"id\":1,\"v\":\"a\"} -> null", "c public.t.2 null -> {\"id\":2,\"v\":\"b\"}");
        assertThat(captured().stream().map(Captured::key)).containsExactly("{\"id\":1}", "{\"id\":2}");
    }

    @Test
    void anUpdateToTheSameValueIsAnUpdate() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1, 'a')");
        forget();

        run("UPDATE public.t SET id = id");

        assertThat(captured().stream().map(Captured::op)).containsExactly("u");
    }

    @Test
    void rowsThatTakeEachOthersKeysKeepEachKeysOrder() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1), (2)");
        forget();

        run("BEGIN; UPDATE public.t SET id = 3 WHERE id = 1; UPDATE public.t SET id = 1 WHERE id = 2; COMMIT");

        assertThat(captured().stream()
                        .filter(event -> "public.t.1".equals(event.partitionKey()))
                        .map(Captured::op))
                .containsExactly("d", "c");
    }

    @Test
    void aKeyChangeByTextAloneIsOne() {
        run("CREATE TABLE public.t (id numeric PRIMARY KEY); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t VALUES (1.0)");
        forget();

        run("UPDATE public.t SET id = 1.00");

        assertThat(captured().stream().map(Captured::partitionKey)).containsExactly("public.t.1.0", "public.t.1.00");
    }
}
