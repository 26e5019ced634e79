package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The attacker owns an attached table, its schema and the types in it, and wants the rights of Leat's owner, or to deceive it. */
@Tag("postgres")
class TableOwnerTest extends Attack {

    /** Values of each kind of type that a table's owner can make, with what their JSON is. */
    private static final Map<String, String> KINDS = Map.of(
            "mallory.mood", "'sad'::mallory.mood",
            "mallory.mood[]", "ARRAY['sad', NULL]::mallory.mood[]",
            "mallory.mood_domain", "'sad'::mallory.mood_domain",
            "mallory.mood_domain[]", "ARRAY['sad']::mallory.mood_domain[]",
            "mallory.pair", "ROW(1, 'sad')::mallory.pair",
            "mallory.pair[]", "ARRAY[ROW(1, 'sad')::mallory.pair, NULL]",
            "mallory.span", "mallory.span(1, 2)",
            "mallory.number", "7::mallory.number",
            "mallory.number[]", "ARRAY[7]::mallory.number[]");

    private static final String TYPES = "CREATE TYPE mallory.mood AS ENUM ('sad');"
            + " CREATE DOMAIN mallory.mood_domain AS mallory.mood;"
            + " CREATE TYPE mallory.pair AS (n int, m mallory.mood);"
            + " CREATE TYPE mallory.span AS RANGE (subtype = int4);"
            + " CREATE DOMAIN mallory.number AS int CHECK (mallory.checked(VALUE))";

    /** A cast from each of the types to json, jsonb and text, and a domain's check. */
    private static void setTraps(Session mallory) {
        mallory.run("CREATE FUNCTION mallory.checked(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN " + note("check")
                + " RETURN true; END $$;" + TYPES);
        for (String type : List.of("mood", "mood[]", "pair", "pair[]", "span", "mood_domain[]", "number[]")) {
            for (String target : List.of("json", "jsonb", "text")) {
                String name = "mallory.f" + Math.abs((type + target).hashCode());
                mallory.run("CREATE FUNCTION " + name + "(mallory." + type + ") RETURNS " + target
                        + " LANGUAGE plpgsql AS $$ BEGIN " + note("cast of " + type + " to " + target)
                        + " RETURN '\"cast\"'; END $$;"
                        + " CREATE CAST (mallory." + type + " AS " + target + ") WITH FUNCTION " + name + "(mallory."
                        + type
                        + ")");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void noCastOrCheckOfAColumnsTypeIsCalled(String capture) throws Exception {
        try (Session mallory = tenant("mallory")) {
            setTraps(mallory);
            int n = 0;
            for (Map.Entry<String, String> kind : KINDS.entrySet()) {
                String table = "mallory.t" + n++;
                mallory.run("CREATE TABLE " + table + " (id int PRIMARY KEY, c " + kind.getKey() + ")");
                boolean refused = capture.equals("statement") && kind.getKey().matches(".*(pair|span).*");
                run("SELECT leat.attach('" + table + "', capture => '" + (refused ? "row" : capture) + "')");
                mallory.run("INSERT INTO " + table + " VALUES (1, " + kind.getValue() + ")");
                database.superuser("DELETE FROM public.got");
                mallory.run("UPDATE " + table + " SET id = id; UPDATE " + table + " SET id = 2; DELETE FROM " + table);
                assertNobodyGotRightsOf(TestServer.OWNER);
            }
        }
        assertThat(events()).noneMatch(event -> event.contains("cast")).noneMatch(event -> event.contains("could not"));
    }

    @Test
    void noCastOfAKeysTypeIsCalled() throws Exception {
        try (Session mallory = tenant("mallory")) {
            setTraps(mallory);
            int n = 0;
            for (Map.Entry<String, String> kind : KINDS.entrySet()) {
                String table = "mallory.k" + n++;
                mallory.run("CREATE TABLE " + table + " (k " + kind.getKey() + " PRIMARY KEY, v int)");
                run("SELECT leat.attach('" + table + "')");
                mallory.run("INSERT INTO " + table + " VALUES (" + kind.getValue() + ", 1)");
                mallory.run("UPDATE " + table + " SET v = 2; DELETE FROM " + table);
            }
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
        assertThat(events()).noneMatch(event -> event.contains("cast")).noneMatch(event -> event.contains("could not"));
    }

    /** In sessions that have captured before, in new ones, and by a snapshot that is older than the change. */
    @ParameterizedTest
    @ValueSource(strings = {"", "exclude => '{secret}'", "capture => 'statement'"})
    void noCastIsCalledInTheWindowAfterDdl(String option) throws Exception {
        try (Session mallory = tenant("mallory");
                Session before = as("mallory");
                Session snapshot = as("mallory")) {
            setTraps(mallory);
            mallory.run("CREATE TABLE mallory.t (id int PRIMARY KEY, c text, secret text)");
            run("SELECT leat.attach('mallory.t'" + (option.isEmpty() ? "" : ", " + option) + ")");
            before.run("INSERT INTO mallory.t VALUES (1, 'sad', 's')");
            int id = 2;
            for (String ddl : List.of(
                    "ALTER TABLE mallory.t ALTER c TYPE mallory.mood USING c::mallory.mood",
                    "ALTER TABLE mallory.t ADD d mallory.pair DEFAULT ROW(1, 'sad')",
                    "ALTER TABLE mallory.t RENAME d TO e",
                    "ALTER TABLE mallory.t ADD f mallory.mood[] DEFAULT '{sad}'",
                    "ALTER TYPE mallory.pair ADD ATTRIBUTE later mallory.mood CASCADE",
                    "ALTER TABLE mallory.t ALTER id TYPE bigint")) {
                snapshot.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
                mallory.run(ddl);
                database.superuser("DELETE FROM public.got");
                before.run("UPDATE mallory.t SET secret = secret");
                try (Session after = as("mallory")) {
                    after.run("UPDATE mallory.t SET secret = secret");
                }
                snapshot.run("INSERT INTO mallory.t (id, c) VALUES (" + id++ + ", 'sad')");
                snapshot.run("COMMIT");
                assertNobodyGotRightsOf(TestServer.OWNER);
            }
            run("SELECT leat.refresh()");
            before.run("UPDATE mallory.t SET secret = secret");
        }
        assertNobodyGotRightsOf(TestServer.OWNER);
        assertThat(events())
                .noneMatch(event -> event.contains("could not"))
                .noneMatch(event -> event.contains("\"cast\""));
    }

    @Test
    void aCastThatRaisesFailsNoStatementAndSendsNothingToQuarantine() throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run(
                    "CREATE TYPE mallory.e AS ENUM ('x');"
                            + " CREATE FUNCTION mallory.f(mallory.e) RETURNS json LANGUAGE plpgsql AS"
                            + " $$ BEGIN RAISE EXCEPTION '%', repeat('x', 1000000); END $$;"
                            + " CREATE CAST (mallory.e AS json) WITH FUNCTION mallory.f(mallory.e);"
                            + " CREATE TABLE mallory.t (id int PRIMARY KEY); CREATE TABLE mallory.s (id int PRIMARY KEY, c mallory.e)");
            run("SELECT leat.attach('mallory.t'); SELECT leat.attach('mallory.s', capture => 'statement')");
            mallory.run("ALTER TABLE mallory.t ADD COLUMN c mallory.e");

            mallory.run("INSERT INTO mallory.t VALUES (1, 'x'); INSERT INTO mallory.s VALUES (1, 'x')");
        }
        assertThat(events())
                .containsExactly("c mallory.t.1 {\"id\":1,\"c\":\"x\"}", "c mallory.s.1 {\"id\":1,\"c\":\"x\"}");
    }

    @Test
    void anErrorsTextIsBoundedWhereItIsMade() {
        run(
                "SELECT leat_internal.write_events('INSERT', true, false, 's', 't', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
                        + " false, repeat('x', 1000000))");
        assertThat(database.value("SELECT length(fault) FROM leat_internal.outbox"))
                .isEqualTo("1000");
        assertThat(database.value("SELECT op FROM leat_internal.outbox")).isEqualTo("c");
    }

    /** Each field of each level is an expression of its own, evaluated for each row: what is too much of that is written as its text. */
    @Test
    void aTypeOfManyFieldsAndLevelsKeepsNobodyWaiting() throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run("CREATE TABLE mallory.t (id int PRIMARY KEY)");
            run("SELECT leat.attach('mallory.t')");
            mallory.run("DO $$ DECLARE t text := 'mallory.w'; BEGIN"
                    + " EXECUTE (SELECT 'CREATE TYPE mallory.w AS (' || string_agg('f' || i || ' int', ',') || ')' FROM generate_series(1, 1500) i);"
                    + " FOR i IN 1..60 LOOP EXECUTE format('CREATE TYPE mallory.k%s AS (%s %s)', i, repeat('n', 50), t);"
                    + " t := 'mallory.k' || i; END LOOP; END $$; ALTER TABLE mallory.t ADD c mallory.k60");
            mallory.run("SET statement_timeout = '10s'; INSERT INTO mallory.t VALUES (1)");
            run("SET statement_timeout = '10s'; SELECT leat.refresh(); SELECT FROM leat.attached()");
            mallory.run("INSERT INTO mallory.t VALUES (2)");
            // Few enough to be taken one by one.
            mallory.run("CREATE TYPE mallory.pair AS (n int, m int); ALTER TABLE mallory.t DROP c, ADD d mallory.pair;"
                    + " INSERT INTO mallory.t VALUES (3, ROW(1, 2))");
        }
        assertThat(events())
                .containsExactly(
                        "c mallory.t.1 {\"id\":1,\"c\":null}",
                        "c mallory.t.2 {\"id\":2,\"c\":null}",
                        "c mallory.t.3 {\"id\":3,\"d\":{\"n\":1,\"m\":2}}");
    }

    /** A partition that somebody has locked keeps no look at the attachments waiting. */
    @Test
    void aLockedPartitionKeepsNobodyWaiting() throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run("CREATE TABLE mallory.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                    + " CREATE TABLE mallory.p1 PARTITION OF mallory.p FOR VALUES FROM (0) TO (10)");
            run("SELECT leat.attach('mallory.p')");
            mallory.run("BEGIN; LOCK TABLE mallory.p1 IN ACCESS EXCLUSIVE MODE");
            run("SET lock_timeout = '1s'; SELECT FROM leat.attached(); SELECT leat.refresh()");
        }
    }

    /** PostgreSQL asks for EXECUTE on the function of each trigger that the new partition gets. */
    @Test
    void theOwnerOfAnAttachedTableCanMakeAndAttachPartitions() throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run("CREATE TABLE mallory.p (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)");
            run("SELECT leat.attach('mallory.p')");

            mallory.run("CREATE TABLE mallory.p1 PARTITION OF mallory.p FOR VALUES FROM (0) TO (10)");
            mallory.run("CREATE TABLE mallory.p2 (id int NOT NULL, day int NOT NULL);"
                    + " ALTER TABLE mallory.p ATTACH PARTITION mallory.p2 FOR VALUES FROM (10) TO (20)");
            mallory.run("INSERT INTO mallory.p VALUES (1, 5), (1, 15)");
        }
        assertThat(events())
                .containsExactly("c mallory.p.(1,5) {\"id\":1,\"day\":5}", "c mallory.p.(1,15) {\"id\":1,\"day\":15}");
    }

    @Test
    void theOwnerOfOneTableCannotHaveItsFunctionFiredForAnother() throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run("CREATE TABLE mallory.t (id int PRIMARY KEY); CREATE TABLE mallory.other (id int PRIMARY KEY)");
            run("SELECT leat.attach('mallory.t')");
            String trigger = "CREATE TRIGGER x AFTER INSERT ON mallory.other FOR EACH ROW EXECUTE FUNCTION"
                    + " leat_internal.capture_1()";
            assertThat(mallory.refusal(trigger).state()).isEqualTo("42501");

            // Not even with a right that nobody should have.
            database.superuser("GRANT USAGE ON SCHEMA leat_internal TO mallory");
            mallory.run(trigger + "; INSERT INTO mallory.other VALUES (1)");
            mallory.run("CREATE TRIGGER y AFTER TRUNCATE ON mallory.other FOR EACH STATEMENT EXECUTE FUNCTION"
                    + " leat_internal.capture_1(); TRUNCATE mallory.other");
        }
        assertThat(events()).isEmpty();
    }

    static Stream<String> silencing() {
        return Extent.some(
                4,
                List.of(
                        "ALTER TABLE mallory.t DISABLE TRIGGER ALL",
                        "ALTER TABLE mallory.t ENABLE REPLICA TRIGGER \"!leat_capture\"",
                        "DROP TRIGGER \"!leat_capture\" ON mallory.t",
                        "DROP TRIGGER \"!leat_truncate\" ON mallory.t",
                        "CREATE OR REPLACE TRIGGER \"!leat_capture\" AFTER INSERT OR UPDATE OR DELETE ON mallory.t"
                                + " FOR EACH ROW EXECUTE FUNCTION mallory.nothing()",
                        "CREATE OR REPLACE TRIGGER \"!leat_capture\" AFTER INSERT OR UPDATE OR DELETE ON mallory.t"
                                + " FOR EACH ROW WHEN (false) EXECUTE FUNCTION mallory.nothing()",
                        "CREATE OR REPLACE TRIGGER \"!leat_capture\" AFTER UPDATE OF id ON mallory.t"
                                + " FOR EACH ROW EXECUTE FUNCTION mallory.nothing()",
                        "DROP TRIGGER \"!leat_truncate\" ON mallory.t; CREATE TRIGGER \"!leat_truncate\" AFTER TRUNCATE ON mallory.t"
                                + " EXECUTE FUNCTION mallory.nothing()"))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("silencing")
    void whoSilencesCaptureIsSeen(String tampering) throws Exception {
        try (Session mallory = tenant("mallory")) {
            mallory.run(
                    "CREATE TABLE mallory.t (id int PRIMARY KEY);"
                            + " CREATE FUNCTION mallory.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
            run("SELECT leat.attach('mallory.t')");
            mallory.run(tampering);
            // Neither is it mended before anybody has seen it.
            if (!tampering.startsWith("DROP TRIGGER \"!leat_truncate\"") || tampering.contains("CREATE")) {
                run("SELECT leat.refresh()");
            }
            assertSeen();
            run("SELECT leat.attach('mallory.t')");
            if (!tampering.contains("ALL")) {
                mallory.run("INSERT INTO mallory.t VALUES (1); TRUNCATE mallory.t");
                assertThat(events()).hasSize(65);
            }
        }
    }

    private void assertSeen() {
        assertThat(database.value("SELECT row_trigger || ', ' || truncate_trigger FROM leat.attached()"))
                .containsPattern("disabled|missing|replaced|not ENABLE ALWAYS|function");
        assertThat(leat("doctor", "--no-streams").out()).containsPattern("FAIL  (table mallory.t|schema)");
        assertThat(leat("status").out()).contains("FAIL: ");
    }

    static Stream<String> tampering() {
        return Extent.some(
                4,
                List.of(
                        "CREATE OR REPLACE FUNCTION leat_internal.capture_1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
                                + " AS $$ BEGIN RETURN NULL; END $$",
                        "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('leat_internal.capture_1'::regproc), 'RETURN NULL;',"
                                + " 'RETURN NULL; -- mine'); END $$",
                        "ALTER FUNCTION leat_internal.capture_1() SECURITY INVOKER",
                        "ALTER FUNCTION leat_internal.capture_1() RESET search_path",
                        "ALTER FUNCTION leat_internal.capture_1() OWNER TO mallory",
                        "REVOKE EXECUTE ON FUNCTION leat_internal.capture_1() FROM PUBLIC",
                        "CREATE OR REPLACE TRIGGER \"!leat_capture\" AFTER INSERT OR UPDATE OR DELETE ON mallory.t"
                                + " FOR EACH ROW WHEN (false) EXECUTE FUNCTION leat_internal.capture_1()"))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("tampering")
    void whatWasDoneToCaptureByWhomeverIsSeen(String tampering) throws SQLException {
        try (Session mallory = tenant("mallory")) {
            mallory.run("CREATE TABLE mallory.t (id int PRIMARY KEY)");
        }
        run("SELECT leat.attach('mallory.t')");
        database.superuser(tampering);
        run("SELECT leat.refresh()");
        assertSeen();
        run("SELECT leat.attach('mallory.t')");
        assertThat(database.value("SELECT row_trigger FROM leat.attached()")).isEqualTo("enabled");
    }
}
