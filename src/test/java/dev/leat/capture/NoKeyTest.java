package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tables without a primary key. */
@Tag("postgres")
class NoKeyTest extends CaptureFixture {

    @Test
    void aTableWithoutAPrimaryKeyNeedsItsKeyNamed() throws Exception {
        run("CREATE TABLE public.log (customer int, line text)");
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal("SELECT leat.attach('public.log')");

            assertThat(refusal.message()).contains("public.log has no primary key");
            assertThat(refusal.hint()).contains("key =>");
        }
    }

    @Test
    void withAKeyNamedItIsHeld() {
        run("CREATE TABLE public.log (customer int, line text); SELECT leat.attach('public.log', key => '{customer}')");

        run("INSERT INTO public.log VALUES (1, 'a'), (1, 'a'); DELETE FROM public.log");

        assertThat(changes())
                .containsExactly(
                        "c public.log(customer).1 null -> {\"customer\":1,\"line\":\"a\"}",
                        "c public.log(customer).1 null -> {\"customer\":1,\"line\":\"a\"}",
                        "d public.log(customer).1 {\"customer\":1,\"line\":\"a\"} -> null",
                        "d public.log(customer).1 {\"customer\":1,\"line\":\"a\"} -> null");
        assertThat(captured()).allMatch(Captured::held);
    }

    @Test
    void aUniqueColumnIsNoPrimaryKeyAndIsHeld() {
        run("CREATE TABLE public.t (u int NOT NULL UNIQUE); SELECT leat.attach('public.t', key => '{u}')");

        run("INSERT INTO public.t VALUES (1)");

        assertThat(last().held()).isTrue();
    }
}
