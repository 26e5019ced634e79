package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An event whose row could not be read names the operation, for every kind of statement and both ways of capture. */
@Tag("postgres")
class FaultEventTest extends CaptureFixture {

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void theOperationIsRight(String capture) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int); SELECT leat.attach('public.t', capture => '" + capture
                + "')");
        // A table that no shape can be had for: its attachment is gone, behind Leat's back.
        run("ALTER TABLE public.t RENAME TO u; DELETE FROM leat_internal.attachment");

        assertOps("INSERT INTO public.u VALUES (1, 0), (2, 0)", "cc");
        assertOps("UPDATE public.u SET v = 1 WHERE id = 1", "u");
        // Its keys cannot be read, so whether they differ cannot be told.
        assertOps("UPDATE public.u SET id = 3 WHERE id = 1", "u");
        assertOps("INSERT INTO public.u VALUES (4, 0) ON CONFLICT (id) DO UPDATE SET v = 2", "c");
        assertOps("INSERT INTO public.u VALUES (4, 0) ON CONFLICT (id) DO UPDATE SET v = 2", "u");
        assertOps(
                "WITH gone AS (DELETE FROM public.u WHERE id = 3 RETURNING *) INSERT INTO public.u SELECT 5, v FROM gone",
                "cd");
        if (TestServer.shared().major() >= 15) {
            assertOps(
                    "MERGE INTO public.u USING (VALUES (4), (6)) AS s (id) ON u.id = s.id WHEN MATCHED THEN DELETE"
                            + " WHEN NOT MATCHED THEN INSERT VALUES (s.id, 0)",
                    "cd");
        }
        assertOps("DELETE FROM public.u WHERE id = 2", "d");
        forget();
        run("TRUNCATE public.u");
        assertThat(captured()).hasSize(64).allMatch(event -> event.op().equals("t"));
    }

    private void assertOps(String statement, String operations) {
        forget();
        run(statement);
        assertThat(captured().stream().map(Captured::op).sorted().reduce("", String::concat))
                .as(statement)
                .isEqualTo(operations);
        assertThat(captured()).allSatisfy(event -> {
            assertThat(event.fault()).contains("could not be read");
            assertThat(event.partitionKey()).isEqualTo("public.t");
            assertThat(event.after()).isNull();
            assertThat(event.before()).isNull();
        });
    }
}
