package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The attacker may write an attached table, and wants the rights of Leat's owner, a false event, or a secret to be published. */
@Tag("postgres")
class WriterTest extends Attack {

    /** A setting, a name or a value of a session's own that a capture function could take for something else. */
    @Test
    void nothingThatASessionCanSetChangesWhatIsCaptured() throws Exception {
        String writer = database.role("leat_writer");
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); CREATE TABLE public.s (id int PRIMARY KEY, v text);"
                + " SELECT leat.attach('public.t'), leat.attach('public.s', capture => 'statement');"
                + " GRANT ALL ON public.t, public.s TO " + writer);
        try (Session session = as(writer)) {
            String relid = database.value("SELECT 'public.s'::regclass::oid");
            for (String set : List.of(
                    "SET leat.began_" + relid + " = 'garbage'",
                    "SET leat.began_" + relid + " = '-1'",
                    "SET leat.began_" + relid + " = '99999999999999999999999'",
                    "SET leat.refreshing = 'on'",
                    "SET leat.context = '{\"actor\": \"x\"}'",
                    "SET search_path = pg_temp, public",
                    "CREATE TEMP TABLE outbox (id int)",
                    "CREATE TEMP TABLE pg_class (oid int)")) {
                session.run(set);
                session.run("INSERT INTO public.t VALUES (1, 'a'); UPDATE public.t SET v = 'b'; DELETE FROM public.t;"
                        + " INSERT INTO public.s VALUES (1, 'a'); UPDATE public.s SET id = 2; DELETE FROM public.s");
                assertThat(events())
                        .as(set)
                        .containsExactly(
                                "c public.t.1 {\"id\":1,\"v\":\"a\"}",
                                "u public.t.1 {\"id\":1,\"v\":\"b\"}",
                                "d public.t.1",
                                "c public.s.1 {\"id\":1,\"v\":\"a\"}",
                                "d public.s.1",
                                "c public.s.2 {\"id\":2,\"v\":\"a\"}",
                                "d public.s.2");
                run("DELETE FROM leat_internal.outbox");
            }
        }
    }

    @Test
    void noSettingChangesHowAnArrayIsWritten() throws Exception {
        run("CREATE TYPE public.mood AS ENUM ('a', 'b'); CREATE TABLE public.t (id int PRIMARY KEY, c public.mood[]);"
                + " SELECT leat.attach('public.t')");
        run("SET array_nulls = off; INSERT INTO public.t VALUES (1, ARRAY['a', NULL]::public.mood[])");
        assertThat(events()).containsExactly("c public.t.1 {\"id\":1,\"c\":[\"a\",null]}");
    }

    /** Names that generated SQL uses itself. */
    static Stream<String> names() {
        return Extent.some(
                12,
                List.of(
                        "leat_row",
                        "leat_image",
                        "leat_fields",
                        "leat_element",
                        "leat_old",
                        "leat_new",
                        "new",
                        "old",
                        "s",
                        "o",
                        "n",
                        "r",
                        "value",
                        "image",
                        "key",
                        "partition",
                        "place",
                        "wanted",
                        "failure",
                        "done",
                        "new_image",
                        "typed",
                        "form",
                        "moved"))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aColumnOfANameThatCaptureUsesIsAColumnAndNothingElse(String name) {
        String quoted = "\"" + name + "\"";
        run("CREATE TYPE public.pair AS (" + quoted + " int, secret text);"
                + " CREATE TABLE public.t (id int PRIMARY KEY, " + quoted + " public.pair, secret text, hidden text);"
                + " SELECT leat.attach('public.t', exclude => '{secret}', mask => '{hidden}')");
        run("INSERT INTO public.t VALUES (1, ROW(7, 'in'), 'SECRET', 'SECRET')");
        run("ALTER TABLE public.t ADD more int");
        run("UPDATE public.t SET more = 1");
        assertThat(events())
                .containsExactly(
                        "c public.t.1 {\"id\":1,\"" + name + "\":{\"" + name
                                + "\":7,\"secret\":\"in\"},\"hidden\":\"***\"}",
                        "u public.t.1 {\"id\":1,\"" + name + "\":{\"" + name
                                + "\":7,\"secret\":\"in\"},\"hidden\":\"***\",\"more\":1}");
    }

    /** Restored from a dump, the columns are numbered anew; then one that must not leave got another name. */
    @Test
    void betweenARestoreAndTheFirstRefreshNothingLeavesThatMightBeASecret() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, secret text, note text);"
                + " SELECT leat.attach('public.t', exclude => '{secret}')");
        run("UPDATE leat_internal.attachment SET pinned_in = 0; ALTER TABLE public.t RENAME secret TO x;"
                + " ALTER TABLE public.t RENAME note TO secret");
        run("INSERT INTO public.t VALUES (1, 'SECRET', 'n')");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (2, 'SECRET', 'n')");
        assertThat(events())
                .hasSize(2)
                .noneMatch(event -> event.contains("SECRET"))
                .allMatch(event -> event.contains("attach it again"));
        assertThat(database.value("SELECT array_to_string(problems, ' ') FROM leat.attached()"))
                .contains("attach it again");

        run("DELETE FROM leat_internal.outbox; SELECT leat.attach('public.t', exclude => '{x}')");
        run("INSERT INTO public.t VALUES (3, 'SECRET', 'n')");
        assertThat(events()).containsExactly("c public.t.3 {\"id\":3,\"secret\":\"n\"}");
    }

    @Test
    void afterARestoreThatChangedNothingAllGoesOn() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, secret text, note text);"
                + " SELECT leat.attach('public.t', exclude => '{secret}')");
        run("UPDATE leat_internal.attachment SET pinned_in = 0");
        run("INSERT INTO public.t VALUES (1, 'SECRET', 'n')");
        run("SELECT leat.refresh()");
        run("ALTER TABLE public.t RENAME secret TO x; INSERT INTO public.t VALUES (2, 'SECRET', 'n')");
        assertThat(events())
                .containsExactly("c public.t.1 {\"id\":1,\"note\":\"n\"}", "c public.t.2 {\"id\":2,\"note\":\"n\"}");
    }

    @Test
    void whoAttachesATableWithASequenceIsToldAboutLastval() throws Exception {
        run("CREATE TABLE public.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)");
        try (Session owner = new Session(database.owner().getConnection())) {
            assertThat(owner.warnings("SELECT leat.attach('public.t')"))
                    .singleElement()
                    .asString()
                    .contains("lastval()")
                    .contains("RETURNING or currval('public.t_id_seq')");
            assertThat(owner.value("INSERT INTO public.t (v) VALUES (1) RETURNING id"))
                    .isEqualTo("1");
            assertThat(owner.value("SELECT currval('public.t_id_seq')")).isEqualTo("1");
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
    }
}
