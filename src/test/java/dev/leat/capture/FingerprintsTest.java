package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Only attachments of which something has changed are checked, and this finds everything that a check of all attachments finds. */
@Tag("postgres")
class FingerprintsTest extends CaptureFixture {

    private static final int STEPS = Extent.of(40, 80);

    private static final String TABLES = """
            CREATE SCHEMA s1; CREATE SCHEMA s2; CREATE SCHEMA s3;
            CREATE DOMAIN public.amount AS numeric; CREATE TYPE public.mood AS ENUM ('good');
            CREATE TYPE public.point AS (x int, y int); CREATE TYPE public.line AS (a public.point, b public.point);
            CREATE DOMAIN public.somewhere AS public.point;
            CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TABLE s1.t0 (id int PRIMARY KEY, a text, b int); SELECT leat.attach('s1.t0');
            CREATE TABLE s1.t1 (id int PRIMARY KEY, a public.line, b public.amount, c public.mood[], d public.somewhere);
            SELECT leat.attach('s1.t1');
            CREATE TABLE s2.t2 (id int PRIMARY KEY, a text, b int) PARTITION BY RANGE (id); SELECT leat.attach('s2.t2');
            CREATE TABLE s2.p0 (id int PRIMARY KEY, a text, b int) PARTITION BY RANGE (id);
            CREATE TABLE s2.p1 (id int PRIMARY KEY, a text, b int); CREATE TABLE s2.p2 (id int PRIMARY KEY, a text, b int);
            CREATE TABLE s2.t3 (id int PRIMARY KEY, a text, b int); SELECT leat.attach('s2.t3', capture => 'statement');
            CREATE TABLE s1.t4 (id int PRIMARY KEY, a text, b int, c text);
            SELECT leat.attach('s1.t4', key => '{b}', exclude => '{a}', mask => '{c}');
            CREATE TABLE s1.t5 (id int PRIMARY KEY, a text); SELECT leat.attach('s1.t5', operations => '{insert,delete}', before => false);
            CREATE TABLE s2.child (id int PRIMARY KEY, a text, b int);
            CREATE TABLE s2.other (id int PRIMARY KEY);
            """;

    /** The table named {0} is one of those attached, wherever it is now, or of those beside. */
    private static final List<String> DDL = List.of(
            "ALTER TABLE %1$s RENAME COLUMN %2$s TO %3$s",
            "ALTER TABLE %1$s ADD COLUMN %2$s text",
            "ALTER TABLE %1$s ADD COLUMN %2$s public.line",
            "ALTER TABLE %1$s DROP COLUMN %2$s CASCADE",
            "ALTER TABLE %1$s ALTER COLUMN %2$s TYPE text",
            "ALTER TABLE %1$s ALTER COLUMN %2$s TYPE varchar(10)",
            "ALTER TABLE %1$s ADD COLUMN %2$s int GENERATED ALWAYS AS (1 + 1) STORED",
            "ALTER TABLE %1$s RENAME TO renamed_%2$s",
            "ALTER TABLE %1$s SET SCHEMA s2",
            "ALTER TABLE %1$s SET SCHEMA s3",
            "ALTER SCHEMA s3 RENAME TO s4",
            "ALTER SCHEMA s4 RENAME TO s3",
            "ALTER TABLE %1$s DROP CONSTRAINT IF EXISTS t0_pkey",
            "ALTER TABLE %1$s DROP CONSTRAINT t3_pkey",
            "ALTER TABLE %1$s ADD PRIMARY KEY (%2$s)",
            "ALTER TABLE %1$s ADD PRIMARY KEY (id) DEFERRABLE",
            "ALTER TABLE %1$s ADD FOREIGN KEY (id) REFERENCES s2.other ON DELETE CASCADE ON UPDATE CASCADE",
            "ALTER TABLE %1$s DROP CONSTRAINT t3_id_fkey",
            "ALTER TABLE %1$s DISABLE TRIGGER USER",
            "ALTER TABLE %1$s DISABLE TRIGGER \"!leat_truncate\"",
            "ALTER TABLE %1$s ENABLE TRIGGER USER",
            "ALTER TABLE %1$s ENABLE ALWAYS TRIGGER \"!leat_capture\"",
            "DROP TRIGGER \"!leat_capture\" ON %1$s",
            "DROP TRIGGER \"!leat_truncate\" ON %1$s",
            "CREATE TRIGGER own AFTER UPDATE ON %1$s FOR EACH ROW EXECUTE FUNCTION public.nothing()",
            "CREATE TRIGGER \" first\" AFTER UPDATE ON %1$s FOR EACH STATEMENT EXECUTE FUNCTION public.nothing()",
            "ALTER TRIGGER own ON %1$s RENAME TO \" own\"",
            "DROP TRIGGER own ON %1$s",
            "DROP TRIGGER \" own\" ON %1$s",
            "CREATE OR REPLACE TRIGGER \"!leat_truncate\" AFTER TRUNCATE ON %1$s EXECUTE FUNCTION public.nothing()",
            "ALTER FUNCTION public.nothing() RENAME TO nothing_much",
            "ALTER FUNCTION public.nothing_much() RENAME TO nothing",
            "ALTER FUNCTION leat_internal.capture_%4$d() RENAME TO aside",
            "ALTER FUNCTION leat_internal.aside() RENAME TO capture_%4$d",
            "ALTER FUNCTION leat_internal.capture_%4$d() SET work_mem = '8MB'",
            "ALTER FUNCTION leat_internal.capture_%4$d() RESET work_mem",
            "REVOKE EXECUTE ON FUNCTION leat_internal.capture_%4$d() FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION leat_internal.capture_%4$d() TO PUBLIC",
            "CREATE OR REPLACE FUNCTION leat_internal.capture_%4$d() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "ALTER TABLE s2.t2 ATTACH PARTITION s2.p0 FOR VALUES FROM (0) TO (100)",
            "ALTER TABLE s2.p0 ATTACH PARTITION s2.p1 FOR VALUES FROM (0) TO (10)",
            "ALTER TABLE s2.p0 ATTACH PARTITION s2.p2 FOR VALUES FROM (10) TO (20)",
            "ALTER TABLE s2.t2 ATTACH PARTITION s2.p2 FOR VALUES FROM (100) TO (200)",
            "ALTER TABLE s2.t2 DETACH PARTITION s2.p0",
            "ALTER TABLE s2.t2 DETACH PARTITION s2.p2",
            "ALTER TABLE s2.p0 DETACH PARTITION s2.p1",
            "ALTER TABLE s2.p0 DETACH PARTITION s2.p2",
            "CREATE TABLE s2.made_%2$s PARTITION OF s2.t2 DEFAULT",
            "DROP TABLE s2.made_%2$s",
            "DROP TRIGGER \"!leat_truncate\" ON s2.p1",
            "ALTER TABLE s2.p2 RENAME TO px",
            "ALTER TABLE s2.px RENAME TO p2",
            "ALTER TABLE s2.child INHERIT %1$s",
            "ALTER TABLE s2.child NO INHERIT %1$s",
            "ALTER TABLE %1$s INHERIT s2.other",
            "ALTER TABLE %1$s NO INHERIT s2.other",
            "ALTER TABLE s2.child RENAME TO child2",
            "ALTER TABLE s2.child2 RENAME TO child",
            "ALTER TYPE public.point ADD ATTRIBUTE %2$s int CASCADE",
            "ALTER TYPE public.point DROP ATTRIBUTE %2$s CASCADE",
            "ALTER TYPE public.point RENAME ATTRIBUTE x TO %2$s CASCADE",
            "ALTER TYPE public.line RENAME TO route",
            "ALTER TYPE public.route RENAME TO line",
            "ALTER TYPE public.point SET SCHEMA s2",
            "ALTER TYPE s2.point SET SCHEMA public",
            "ALTER TYPE public.mood RENAME TO temper",
            "ALTER DOMAIN public.amount RENAME TO sum",
            "DROP TABLE %1$s CASCADE",
            "TRUNCATE %1$s",
            "ANALYZE %1$s",
            "CREATE INDEX ON %1$s (id)",
            "SELECT leat.attach('%1$s')",
            "SELECT leat.attach('%1$s', before => false)",
            "SELECT leat.attach('%1$s', key => '{id}', capture => 'statement')",
            "SELECT leat.detach('%1$s')",
            "UPDATE leat_internal.attachment SET pinned_in = 1 WHERE attachment = %4$d",
            "UPDATE leat_internal.attachment SET capture = 'statement' WHERE attachment = %4$d",
            "BEGIN; ALTER TABLE %1$s RENAME COLUMN %2$s TO v; SELECT leat.refresh(); ALTER TABLE %1$s RENAME COLUMN v TO w; COMMIT",
            "BEGIN; ALTER TABLE %1$s ADD COLUMN v int; SELECT leat.refresh(); SELECT leat.refresh();"
                    + " ALTER TABLE %1$s DROP COLUMN v; ROLLBACK");

    static Stream<Long> seeds() {
        return Extent.some(1, List.of(1L, 2L)).stream();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aRefreshDoesAllThatALookAtEverythingWouldDo(long seed) throws Exception {
        run(TABLES);
        Random random = new Random(seed);
        StringBuilder done = new StringBuilder("seed ").append(seed);
        try (Session session = session()) {
            session.connection().setAutoCommit(true);
            for (int step = 0; step < STEPS; step++) {
                String ddl = statement(random);
                if (!accepted(session, ddl)) {
                    continue;
                }
                done.append('\n').append(ddl);

                assertThat(attached(session, false)).as(done.toString()).isEqualTo(attached(session, true));
                if (random.nextInt(3) > 0) {
                    for (int call = random.nextInt(2); call >= 0; call--) {
                        done.append("\nrefresh ").append(session.value("SELECT leat.refresh()"));
                    }
                    assertThat(attached(session, false)).as(done.toString()).isEqualTo(attached(session, true));
                    session.run("BEGIN; DELETE FROM leat_internal.attachment_state");
                    assertThat(session.value("SELECT leat.refresh()"))
                            .as(done.toString())
                            .isEqualTo("0");
                    session.run("ROLLBACK");
                }
            }
        }
    }

    private String statement(Random random) {
        List<List<String>> tables = database.rows(
                "SELECT relation::oid::regclass::text FROM leat_internal.attachment WHERE EXISTS (SELECT FROM pg_class WHERE oid = relation)"
                        + " UNION ALL SELECT 's2.p1' UNION ALL SELECT 's2.p2'");
        List<String> columns = List.of("id", "a", "b", "c", "v", "w");
        return DDL.get(random.nextInt(DDL.size()))
                .formatted(
                        tables.get(random.nextInt(tables.size())).get(0),
                        columns.get(random.nextInt(columns.size())),
                        columns.get(random.nextInt(columns.size())),
                        1 + random.nextInt(6));
    }

    /** Whether PostgreSQL does it; it refuses many of them, as of a column that is not there. */
    private static boolean accepted(Session session, String ddl) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(ddl);
            return true;
        } catch (SQLException e) {
            statementEnds(session);
            return false;
        }
    }

    private static void statementEnds(Session session) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            statement.execute("ROLLBACK");
        }
    }

    /** What leat.attached() says, or what it says when nothing is noted. */
    private static List<?> attached(Session session, boolean looking) throws SQLException {
        session.run(looking ? "BEGIN; DELETE FROM leat_internal.attachment_state" : "BEGIN");
        try {
            return TestDatabase.rows(session.connection(), "SELECT a::text FROM leat.attached() AS a");
        } finally {
            session.run("ROLLBACK");
        }
    }

    @Test
    void onlyWhatHasChangedIsLookedAt() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " CREATE TABLE public.u (id int PRIMARY KEY); SELECT leat.attach('public.u')");
        assertThat(looked()).isEqualTo(2);
        assertThat(looked()).isZero();

        run("CREATE TABLE public.v (id int PRIMARY KEY); ANALYZE; TRUNCATE public.t; CREATE INDEX ON public.t (id);"
                + " CREATE TEMP TABLE w (id serial PRIMARY KEY)");
        assertThat(looked()).isZero();

        run("ALTER TABLE public.t ADD a int");
        assertThat(looked()).as("rewritten").isOne();
        assertThat(looked()).as("once more, for what Leat has changed itself").isOne();
        assertThat(looked()).isZero();
    }

    @Test
    void eachCallLooksAtOneAtLeastHoweverLittleTimeThereIs() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t');"
                + " CREATE TABLE public.u (id int PRIMARY KEY); SELECT leat.attach('public.u')");

        assertThat(database.rows("SELECT looked, again FROM leat_internal.refresh('-1 second')"))
                .containsExactly(List.of("1", "0"));
        assertThat(database.rows("SELECT looked, again IS NULL FROM leat_internal.refresh('-1 second')"))
                .containsExactly(List.of("1", "t"));
    }

    @Test
    void whatFailsIsTriedEverMoreRarelyUntilItChanges() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); ALTER FUNCTION leat_internal.capture_1()"
                        + " SECURITY INVOKER");
        assertThat(looked()).isOne();
        assertThat(looked()).isZero();
        assertThat(Double.parseDouble(String.valueOf(database.value("SELECT again FROM leat_poller.refresh()"))))
                .isBetween(0.0, 1.0);
        for (int failures = 2; failures < 20; failures++) {
            run("UPDATE leat_internal.attachment_state SET retry_at = now() - interval '1 second'");
            assertThat(looked()).isOne();
        }
        assertThat(Double.parseDouble(String.valueOf(database.value("SELECT again FROM leat_poller.refresh()"))))
                .isBetween(200.0, 300.0);

        run("ALTER TABLE public.t ADD a int");
        assertThat(looked()).isOne();
        run("SELECT leat.attach('public.t')");
        assertThat(looked()).isOne();
        assertThat(database.value("SELECT again FROM leat_poller.refresh()")).isNull();
    }

    private int looked() {
        return Integer.parseInt(String.valueOf(database.value("SELECT looked FROM leat_poller.refresh()")));
    }
}
