package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The event triggers, where a superuser has created them: functions are never stale for long. */
@Tag("postgres")
class DdlEventTriggerTest extends CaptureFixture {

    @Test
    void anOrdinaryOwnerIsToldThatItMayNotCreateThem() throws Exception {
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.install_ddl_trigger()"))
                    .singleElement()
                    .asString()
                    .contains("may not create an event trigger");
        }
        assertThat(database.value("SELECT count(*) FROM pg_event_trigger")).isEqualTo("0");
    }

    @Test
    void aFunctionIsRewrittenWithinTheDdl() {
        installDdlTrigger();
        run("CREATE TABLE public.t (id int PRIMARY KEY, a text); SELECT leat.attach('public.t', exclude => '{a}')");

        for (String ddl : List.of(
                "ALTER TABLE public.t RENAME id TO nr",
                "ALTER TABLE public.t ADD b int",
                "ALTER TABLE public.t ALTER nr TYPE bigint",
                "ALTER TABLE public.t RENAME a TO c",
                "ALTER TABLE public.t RENAME TO u")) {
            run(ddl);
            assertThat(database.value("SELECT stale FROM leat.attached"))
                    .as(ddl)
                    .isEqualTo("f");
        }
        assertThat(database.value("SELECT excluded FROM leat.attached")).isEqualTo("{a,c}");
    }

    @Test
    void aDroppedTableIsForgottenWithItsFunction() {
        installDdlTrigger();
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t')");

        run("DROP TABLE public.t");

        assertThat(database.value("SELECT count(*) FROM leat.attachment")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM pg_proc WHERE proname ~ '^capture_[0-9]'"))
                .isEqualTo("0");
    }

    @Test
    void ddlByAnotherOwnerWorksAlthoughItHasNoRightOnLeat() throws Exception {
        installDdlTrigger();
        database.role("app_owner");
        database.superuser("GRANT app_owner TO leat_owner; GRANT CREATE ON SCHEMA public TO app_owner");
        try (Session app = as("app_owner")) {
            app.run("CREATE TABLE public.t (id int PRIMARY KEY)");
            run("SELECT leat.attach('public.t')");

            app.run("ALTER TABLE public.t RENAME id TO nr");
            app.run("INSERT INTO public.t VALUES (1)");
            app.run("DROP TABLE public.t");
        }
        assertThat(last().key()).isEqualTo("{\"nr\":1}");
        assertThat(database.value("SELECT count(*) FROM leat.attachment")).isEqualTo("0");
    }

    @Test
    void aRefreshUnderWayElsewhereDoesNotStopTheDdl() throws Exception {
        installDdlTrigger();
        run("CREATE TABLE public.t (id int PRIMARY KEY, a int); SELECT leat.attach('public.t')");
        try (Session busy = session();
                Session ddl = session()) {
            busy.run("BEGIN; SELECT leat.refresh()");

            ddl.run("ALTER TABLE public.t RENAME id TO nr; INSERT INTO public.t VALUES (1)");

            assertThat(last().key()).isEqualTo("{\"nr\":1}");
            assertThat(database.value("SELECT stale FROM leat.attached")).isEqualTo("t");
            busy.run("COMMIT");
        }
        assertThat(database.value("SELECT leat.refresh()")).isEqualTo("1");
        assertThat(database.value("SELECT stale FROM leat.attached")).isEqualTo("f");
    }

    @Test
    void installingThemTwiceIsNoError() {
        installDdlTrigger();
        installDdlTrigger();

        assertThat(database.value("SELECT string_agg(evtname, ' ' ORDER BY evtname) FROM pg_event_trigger"))
                .isEqualTo("leat_refresh leat_refresh_drop");
    }
}
