package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The user and the application that wrote, and the context that the writer set. */
@Tag("postgres")
class ContextTest extends CaptureFixture {

    @Test
    void whatAWriterSetForItsTransactionIsCarriedAndForgottenAfterwards() throws Exception {
        attach();
        try (Session writer = session()) {
            writer.run(
                    "BEGIN; SET LOCAL leat.context = '{\"actor\": \"ann\"}'; INSERT INTO public.t VALUES (1); COMMIT");
            writer.run("INSERT INTO public.t VALUES (2)");
            writer.run("SET leat.context = 'not { json'; INSERT INTO public.t VALUES (3); TRUNCATE public.t");
        }

        assertThat(database.rows(
                        "SELECT DISTINCT ON (op, context) op, context FROM leat_internal.outbox ORDER BY op, context"))
                .containsExactly(
                        List.of("c", "not { json"),
                        List.of("c", "{\"actor\": \"ann\"}"),
                        Arrays.asList("c", null),
                        List.of("t", "not { json"));
    }

    @Test
    void theUserIsTheRoleThatWroteNotTheOneTheTriggerRunsAs() throws Exception {
        attach();
        database.role("app_login");
        database.role("app_role");
        database.superuser("GRANT INSERT ON public.t TO app_login, app_role; GRANT app_role TO app_login");
        try (Session writer = as("app_login")) {
            writer.run("INSERT INTO public.t VALUES (1)");
            writer.run("SET ROLE app_role");
            writer.run("SET application_name = 'shop'");
            writer.run("INSERT INTO public.t VALUES (2)");
            writer.run("RESET ROLE; SET application_name = ''");
            writer.run("INSERT INTO public.t VALUES (3)");
        }

        assertThat(database.rows("SELECT db_user, application FROM leat_internal.outbox ORDER BY id"))
                .containsExactly(
                        List.of("app_login", "PostgreSQL JDBC Driver"),
                        List.of("app_role", "shop"),
                        Arrays.asList("app_login", null));
    }

    private void attach() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");
    }
}
