package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.CliRun;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("postgres")
class StrangersSchemaTest {

    private static final int SCHEMA = 4;

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final String stranger = database.role("leat_stranger");
    private final CliRun owner = CliRun.on(database);

    private void refused(CliRun cli, String... says) {
        CliRun.Result result = cli.leat("migrate");
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(SCHEMA);
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception");
    }

    private static void done(CliRun cli) {
        CliRun.Result result = cli.leat("migrate");
        assertThat(result.exitCode()).as(result.toString()).isZero();
    }

    private void ill(String... says) {
        assertThat(owner.leat("doctor", "--no-streams").out())
                .contains("FAIL  schema: ")
                .contains(says);
    }

    @ParameterizedTest
    @ValueSource(strings = {"leat", "leat_poller", "leat_internal"})
    void aStrangersSchemaIsNotMigratedInto(String schema) {
        database.superuser("CREATE SCHEMA " + schema + " AUTHORIZATION " + stranger + "; GRANT ALL ON SCHEMA " + schema
                + " TO " + TestServer.OWNER);
        refused(
                owner,
                "the schema " + schema + " belongs to role leat_stranger",
                "drop or rename it, then run `leat migrate` again");
        // Nor when the role could act for its owner.
        database.superuser("GRANT leat_stranger TO " + TestServer.OWNER);
        refused(owner, "belongs to role leat_stranger");
        database.superuser("REVOKE leat_stranger FROM " + TestServer.OWNER);
        database.superuser("ALTER SCHEMA " + schema + " RENAME TO theirs");
        done(owner);
    }

    static Stream<String> things() {
        return Extent.some(
                4,
                List.of(
                        "CREATE TABLE leat.thing ()",
                        "CREATE FUNCTION leat.thing() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                        "CREATE AGGREGATE leat.thing(int) (SFUNC = int4pl, STYPE = int)",
                        "CREATE DOMAIN leat.thing AS int",
                        "CREATE OPERATOR leat.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
                        "CREATE OPERATOR FAMILY leat.thing USING btree",
                        "CREATE COLLATION leat.thing FROM \"C\"",
                        "CREATE CONVERSION leat.thing FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
                        "CREATE TEXT SEARCH CONFIGURATION leat.thing (COPY = simple)",
                        "CREATE TEXT SEARCH DICTIONARY leat.thing (TEMPLATE = pg_catalog.simple)",
                        "CREATE TEXT SEARCH TEMPLATE leat.thing (LEXIZE = dsimple_lexize)",
                        "CREATE TEXT SEARCH PARSER leat.thing (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end,"
                                + " LEXTYPES = prsd_lextype)",
                        "CREATE TABLE public.t (a int, b int); CREATE STATISTICS leat.thing ON a, b FROM public.t"))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("things")
    void aSchemaThatHoldsAnythingIsNotInstalledInto(String thing) {
        // The owner's own schema, in which a stranger could create things once.
        database.run("CREATE SCHEMA leat");
        database.superuser(thing);
        refused(owner, "the schema leat is not empty", "drop or rename it, then run `leat migrate` again");
        database.superuser("DROP SCHEMA leat CASCADE");
        done(owner);
    }

    @Test
    void anEmptySchemaOfTheOwnersIsInstalledInto() {
        database.run("CREATE SCHEMA leat");
        done(owner);
    }

    @Test
    void whatAStrangerOwnsInTheSchemaStopsAnUpgradeAndDoctorSaysSo() {
        done(owner);
        database.superuser(
                "CREATE FUNCTION leat.thing() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION leat.thing()"
                        + " OWNER TO " + stranger);
        refused(owner, "the schema leat holds what its owner does not own: function thing of role leat_stranger");
        ill("function thing of role leat_stranger", "drop that");
        database.superuser("DROP FUNCTION leat.thing()");
        done(owner);
        assertThat(owner.leat("doctor", "--no-streams").out()).doesNotContain("FAIL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"leat_stranger", "PUBLIC"})
    void whoeverMayCreateInTheSchemaStopsAnUpgradeAndDoctorSaysSo(String grantee) {
        done(owner);
        database.run("GRANT CREATE ON SCHEMA leat TO " + grantee);
        refused(owner, "may create objects in the schema leat: REVOKE CREATE ON SCHEMA leat FROM " + grantee);
        ill("REVOKE CREATE ON SCHEMA leat FROM " + grantee);
        database.run("REVOKE CREATE ON SCHEMA leat FROM " + grantee);
        done(owner);
    }

    @Test
    void aSuperuserIsToldToLogInAsTheOwner() {
        done(owner);
        String superuser = database.role("leat_superuser");
        database.superuser("ALTER ROLE leat_superuser SUPERUSER");
        refused(CliRun.on(database, superuser), "belong to role leat_owner", "log in as leat_owner");
    }

    @Test
    void aMigrationThatEndedHalfWayGoesOn() {
        done(owner);
        database.run("DROP FUNCTION leat.schema_version()");
        done(owner);
    }
}
