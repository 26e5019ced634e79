package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Changes made by the actions of foreign keys. */
@Tag("postgres")
class CascadeTest extends CaptureFixture {

    @Test
    void cascadesAreCapturedAfterTheirCause() {
        run("CREATE TABLE public.parent (id int PRIMARY KEY);"
                + " CREATE TABLE public.child (id int PRIMARY KEY, parent int REFERENCES public.parent"
                + " ON UPDATE CASCADE ON DELETE SET NULL);"
                + " SELECT leat.attach('public.parent'), leat.attach('public.child');"
                + " INSERT INTO public.parent VALUES (1); INSERT INTO public.child VALUES (7, 1)");
        forget();

        run("UPDATE public.parent SET id = 2");
        run("DELETE FROM public.parent");

        assertThat(changes())
                .containsExactly(
                        "d public.parent.1 {\"id\":1} -> null",
                        "c public.parent.2 null -> {\"id\":2}",
                        "u public.child.7 {\"id\":7,\"parent\":1} -> {\"id\":7,\"parent\":2}",
                        "d public.parent.2 {\"id\":2} -> null",
                        "u public.child.7 {\"id\":7,\"parent\":2} -> {\"id\":7,\"parent\":null}");
    }
}
