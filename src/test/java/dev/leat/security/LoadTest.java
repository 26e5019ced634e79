package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attacker owns what a load reads or calls, and wants the rights of Leat's owner, with which the load reads. */
@Tag("postgres")
class LoadTest extends Attack {

    /** An immutable function is evaluated when a query is only planned; what it calls may do anything. */
    private static final String FUNCTIONS =
            "CREATE FUNCTION mallory.note(how text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN"
                    + " INSERT INTO public.got VALUES (current_user, how); RETURN true; END $$;"
                    + " CREATE FUNCTION mallory.f(how text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN mallory.note(how); END $$;"
                    + " CREATE FUNCTION mallory.f(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM mallory.note('f'); RETURN n; END $$;"
                    + " CREATE TYPE mallory.mood AS ENUM ('sad');"
                    + " CREATE FUNCTION mallory.cast(mallory.mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.note('cast'); RETURN 'x'; END $$;"
                    + " CREATE CAST (mallory.mood AS text) WITH FUNCTION mallory.cast(mallory.mood);"
                    + " CREATE FUNCTION mallory.read(text) RETURNS mallory.mood LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.note('cast back'); RETURN 'sad'; END $$;"
                    + " CREATE CAST (text AS mallory.mood) WITH FUNCTION mallory.read(text);"
                    + " CREATE DOMAIN mallory.checked AS int CHECK (mallory.f('check'));";

    private void finish() {
        for (int i = 0; i < 30; i++) {
            run("UPDATE leat_internal.load SET due_at = now() - interval '1 second'; SELECT leat_poller.load_chunk(2)");
        }
    }

    private String refused(String arguments) throws SQLException {
        try (Session owner = as(TestServer.OWNER)) {
            Session.Refusal refusal = owner.refusal("SELECT leat.load(" + arguments + ")");
            return refusal.message();
        }
    }

    @Test
    void aTableOfARoleThatIsNotTrustedIsNotRead() throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS + "CREATE TABLE mallory.t (id int PRIMARY KEY); INSERT INTO mallory.t VALUES (1)");
            run("SELECT leat.attach('mallory.t')");
            mallory.run("CREATE INDEX ON mallory.t (id) WHERE mallory.f('predicate')");
            database.superuser("DELETE FROM public.got");
            assertThat(refused("'mallory.t'"))
                    .isEqualTo(
                            "leat.load: reading mallory.t could run code of others with the rights of leat_owner: mallory.t belongs to mallory");
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
    }

    /** Who may change what a query on the table evaluates. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE INDEX i ON public.t (id) WHERE mallory.f('predicate') | index public.i uses function mallory.f(text)",
                "CREATE INDEX i ON public.t ((mallory.f(v))) | index public.i uses function mallory.f(integer)",
                "CREATE STATISTICS public.s ON (mallory.f(v)), v FROM public.t | statistics object public.s uses function mallory.f(integer)",
                "ALTER TABLE public.t SET SCHEMA mallory | the schema mallory"
            })
    void whatBelongsToOthersIsNotEvaluated(String ddl, String problem) throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS);
            mallory.run("GRANT CREATE ON SCHEMA mallory TO " + TestServer.OWNER);
            run(
                    "CREATE TABLE public.t (id int PRIMARY KEY, v int); INSERT INTO public.t SELECT i, i FROM generate_series(1, 9) i;"
                            + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
            run("UPDATE leat_internal.load SET due_at = now(); SELECT leat_poller.load_chunk(2)");
            run(ddl);
            database.superuser("DELETE FROM public.got");
            // The load that is under way ends, and another one is refused.
            finish();
            assertThat(database.value("SELECT state || ': ' || error FROM leat_internal.load"))
                    .startsWith(
                            "failed: reading it could run code of others with the rights of Leat's owner: " + problem)
                    .endsWith("belongs to mallory");
            assertThat(refused(ddl.contains("SET SCHEMA") ? "'mallory.t'" : "'public.t'"))
                    .contains(problem);
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
    }

    @Test
    void aPartitionOfSomebodyElseIsNotRead() throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS);
            run(
                    "CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE public.p1 PARTITION OF public.p DEFAULT;"
                            + " INSERT INTO public.p VALUES (1); SELECT leat.attach('public.p')");
            database.superuser("ALTER TABLE public.p1 OWNER TO mallory");
            assertThat(refused("'public.p'")).endsWith("public.p1 belongs to mallory");
        }
    }

    @Test
    void aPolicyIsNotEvaluated() throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS);
            run(
                    "CREATE TABLE public.t (id int PRIMARY KEY); INSERT INTO public.t VALUES (1); SELECT leat.attach('public.t');"
                            + " ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                            + " CREATE POLICY p ON public.t USING (mallory.note('policy')); SELECT leat.load('public.t')");
            finish();
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
        assertThat(database.value("SELECT state || ': ' || error FROM leat_internal.load"))
                .isEqualTo("failed: query would be affected by row-level security policy for table \"t\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mallory.f(id) = 1", "m::text = 'x'", "id::mallory.checked = 1", "mallory.f('filter')"})
    void aFilterThatCallsCodeOfOthersIsRefused(String filter) throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS);
            run("CREATE TABLE public.t (id int PRIMARY KEY, m mallory.mood); INSERT INTO public.t VALUES (1, 'sad');"
                    + " SELECT leat.attach('public.t')");
            database.superuser("DELETE FROM public.got");
            assertThat(refused("'public.t', '" + filter.replace("'", "''") + "'"))
                    .contains("belongs to mallory");
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
    }

    /** Of columns and keys whose types are somebody else's. */
    @Test
    void noCastOrCheckOfATypeIsCalled() throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS + "GRANT USAGE ON SCHEMA mallory TO PUBLIC");
            run(
                    "CREATE TABLE public.t (k mallory.mood, c mallory.checked, id int, m mallory.mood[], PRIMARY KEY (k, c, id));"
                            + " INSERT INTO public.t SELECT 'sad', 1, i, '{sad}' FROM generate_series(1, 9) i; SELECT leat.attach('public.t');"
                            + " SELECT leat.load('public.t')");
            database.superuser("DELETE FROM public.got");
            finish();
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
        assertThat(events())
                .hasSize(9)
                .contains("r public.t.(sad,1,2) {\"k\":\"sad\",\"c\":1,\"id\":2,\"m\":[\"sad\"]}");
    }

    @Test
    void whoIsNamedIsTrusted() throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run(FUNCTIONS + "CREATE TABLE mallory.t (id int PRIMARY KEY); INSERT INTO mallory.t VALUES (1);"
                    + " CREATE INDEX ON mallory.t (id) WHERE mallory.f('predicate')");
            run("SELECT leat.attach('mallory.t'); SELECT leat.load('mallory.t', trust => '{mallory}')");
            finish();
        }
        assertThat(events()).containsExactly("r mallory.t.1 {\"id\":1}");
    }

    @Test
    void onlyLeatsOwnerLoadsAndAPollerLoadsWhatIsRegistered() throws SQLException {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); INSERT INTO public.t VALUES (1); SELECT leat.attach('public.t');"
                        + " SELECT leat.load('public.t')");
        String poller = database.role("leat_loader");
        run("SELECT leat.grant_poller('" + poller + "')");
        try (Session session = as(poller)) {
            assertThat(session.refusal("SELECT leat.load('public.t')").state()).isEqualTo("42501");
            assertThat(session.refusal("SELECT * FROM public.t").state()).isEqualTo("42501");
            session.run("SELECT leat_poller.load_chunk(10)");
            assertThat(session.value("SELECT state FROM leat_poller.load")).isEqualTo("finished");
        }
        assertThat(events()).hasSize(1);
        try (Session session = as("mallory")) {
            assertThat(session.refusal("SELECT leat_poller.load_chunk(10)").state())
                    .isEqualTo("42501");
            assertThat(session.refusal("SELECT leat.pause_load('public.t')").state())
                    .isEqualTo("42501");
        }
    }
}
