package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tables attached without old images. */
@Tag("postgres")
class BeforeImageTest extends CaptureFixture {

    @Test
    void withoutOldImagesADeleteCarriesItsKeyAlone() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t', before => false)");

        run("INSERT INTO public.t VALUES (1, 1)");
        run("UPDATE public.t SET v = 2");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":1}",
                        "u public.t.1 null -> {\"id\":1,\"v\":2}",
                        "d public.t.1 null -> null",
                        "c public.t.2 null -> {\"id\":2,\"v\":2}",
                        "d public.t.2 null -> null");
        assertThat(last().key()).isEqualTo("{\"id\":2}");
    }

    @Test
    void norDoesTheSlowerWayAfterDdlCarryThem() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t', before => false);"
                + " INSERT INTO public.t VALUES (1, 1)");
        forget();

        run("ALTER TABLE public.t RENAME TO u");
        run("DELETE FROM public.u");

        assertThat(changes()).containsExactly("d public.u.1 null -> null");
    }
}
