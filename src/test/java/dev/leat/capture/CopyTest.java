package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.io.StringReader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** COPY into an attached table. */
@Tag("postgres")
class CopyTest extends CaptureFixture {

    @Test
    void copiedRowsAreCaptured() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t')");

        try (Session owner = session()) {
            owner.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY public.t FROM STDIN", new StringReader("1\ta\n2\t\\N\n"));
        }

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":\"a\"}", "c public.t.2 null -> {\"id\":2,\"v\":null}");
    }
}
