package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loads that are refused, faults that end a load, and rows that cannot be read. */
@Tag("postgres")
class LoadFaultsTest extends LoadFixture {

    private static final String OBJECTS =
            "CREATE TABLE public.t (id int PRIMARY KEY, v text, n int); SELECT leat.attach('public.t');"
                    + " CREATE TABLE public.free (id int PRIMARY KEY, v text); CREATE TABLE public.keyless (v text, j json);"
                    + " CREATE VIEW public.view AS SELECT 1 AS id; CREATE MATERIALIZED VIEW public.mat AS SELECT 1 AS id;"
                    + " CREATE TABLE public.p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                    + " CREATE TABLE public.p1 PARTITION OF public.p DEFAULT; SELECT leat.attach('public.p');"
                    + " CREATE DOMAIN public.positive AS int CHECK (VALUE > 0); CREATE TYPE public.pair AS (n public.positive);"
                    + " CREATE TABLE public.bydomain (id public.pair PRIMARY KEY);"
                    + " CREATE TABLE public.muted (id int PRIMARY KEY); SELECT leat.attach('public.muted');"
                    + " ALTER TABLE public.muted DISABLE TRIGGER \"!leat_capture\"";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "NULL | 42P01 | there is no table with the oid null",
                "'public.view' | 42809 | public.view is a view, and only tables of the application can be loaded",
                "'public.mat' | 42809 | public.mat is a materialized view, and only tables of the application can be loaded",
                "'pg_class' | 42809 | pg_class is a table of PostgreSQL's or Leat's, and only tables of the application can be loaded",
                "'leat_internal.outbox' | 42809 | leat_internal.outbox is a table of PostgreSQL's or Leat's, and only tables of the"
                        + " application can be loaded",
                "'public.free' | 55000 | public.free is not attached, so changes while it is loaded would be missed",
                "'public.t', only_rows => true | 55000 | public.t is attached, and only_rows is for tables that are not",
                "'public.t', key => '{n}' | 22023 | public.t is attached, which says its key, stream and columns",
                "'public.p1' | 55000 | public.p1 is a partition of public.p, which is attached",
                "'public.keyless', only_rows => true | 22023 | public.keyless has no primary key whose order a load could follow",
                "'public.keyless', only_rows => true, key => '{j}' | 22023 | public.keyless cannot be loaded in the order of its key: the"
                        + " type of the key column j, json, has no order",
                "'public.keyless', only_rows => true, key => '{x}' | 42703 | public.keyless has no column \"x\"",
                "'public.bydomain', only_rows => true | 22023 | public.bydomain cannot be loaded in the order of its key: the type of the"
                        + " key column id, public.pair, holds values of a domain, and reading one back would call its checks",
                "'public.muted' | 55000 | changes of public.muted are not captured: its triggers are missing, replaced or disabled",
                "'public.t', chunk => 0 | 22023 | a chunk has at least one row",
                "'public.t', trust => '{nobody}' | 42704 | there is no role \"nobody\" to trust",
                "'public.free', only_rows => true, stream => 'a b' | 22023 | \"a b\" is neither the name of a stream nor its ARN",
                "'public.t', 'id >' | 22023 | the filter is no expression over the columns of public.t: syntax error at or near \")\"",
                "'public.t', 'x = 1' | 22023 | the filter is no expression over the columns of public.t: column \"x\" does not exist",
                "'public.t', 'id' | 22023 | the filter is no expression over the columns of public.t: argument of CHECK must be type boolean,"
                        + " not type integer",
                "'public.t', 'id IN (SELECT 1)' | 22023 | the filter is no expression over the columns of public.t: cannot use subquery in"
                        + " check constraint",
                "'public.t', 'count(*) > 1' | 22023 | the filter is no expression over the columns of public.t: aggregate functions are not"
                        + " allowed in check constraints",
                "'public.t', 'true), ADD CHECK (true' | 22023 | the filter is more than one expression",
                "'public.t', 'random() < 0.5' | 22023 | the filter calls random(), which may say something else each time"
            })
    void whatCannotBeMeantIsRefusedInOneLine(String arguments, String state, String message) throws SQLException {
        run(OBJECTS);
        try (Session session = session()) {
            Session.Refusal refusal = session.refusal("SELECT leat.load(" + arguments + ")");
            assertThat(refusal.state()).isEqualTo(state);
            assertThat(refusal.message()).isEqualTo("leat.load: " + message);
            assertThat(refusal.hint()).isNotBlank();
        }
        assertThat(value("SELECT count(*) FROM leat_internal.load")).isEqualTo("0");
    }

    @Test
    void aSecondLoadBesideTheFirstIsRefused() throws SQLException {
        run(OBJECTS + "; SELECT leat.load('public.t')");
        try (Session session = session()) {
            assertThat(session.refusal("SELECT leat.load('public.t')").message())
                    .isEqualTo("leat.load: public.t is being loaded already, and that load is running");
        }
    }

    @ParameterizedTest
    @CsvSource({"resume_load, cancelled", "pause_load, finished", "cancel_load, finished", "resume_load, failed"})
    void whatHasEndedIsNeitherResumedNorPausedNorCancelled(String function, String ended) throws SQLException {
        run(OBJECTS + "; SELECT leat.load('public.t'); UPDATE leat_internal.load SET state = '" + ended + "'");
        try (Session session = session()) {
            Session.Refusal refusal = session.refusal("SELECT leat." + function + "('public.t')");
            assertThat(refusal.message()).isEqualTo("leat." + function + ": the load of public.t is " + ended);
            assertThat(refusal.hint()).contains("restart");
            assertThat(session.refusal("SELECT leat." + function + "('public.free')")
                            .message())
                    .isEqualTo("leat." + function + ": public.free was never loaded");
        }
    }

    @Test
    void aKeyThatNoIndexFollowsIsWarnedOf() throws SQLException {
        run("CREATE TABLE public.t (a int, b int); CREATE INDEX ON public.t (b, a)");
        try (Session session = session()) {
            assertThat(session.warnings("SELECT leat.load('public.t', only_rows => true, key => '{a,b}')"))
                    .containsExactly(
                            "public.t: no index has the order of the load's key, so each chunk reads the whole table: create one"
                                    + " on its key columns");
            session.run("SELECT leat.cancel_load('public.t'); CREATE INDEX ON public.t (a, b)");
            assertThat(session.warnings("SELECT leat.load('public.t', only_rows => true, key => '{a,b}')"))
                    .isEmpty();
        }
    }

    /** DDL while the load is under way: a clear end, or the load goes on. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DROP TABLE public.t | failed: the table was dropped",
                "ALTER TABLE public.t DROP COLUMN id | failed: a column of the key is gone",
                "ALTER TABLE public.t ALTER id TYPE text | failed: the key column id has another type than when the load began",
                "SELECT leat.detach('public.t') | failed: the table is not attached any more, so changes would be missed",
                "ALTER TABLE public.t DROP COLUMN n | failed: column \"n\" does not exist",
                "ALTER TABLE public.t DISABLE TRIGGER ALL | finished",
                "ALTER TABLE public.t RENAME TO other | finished",
                "ALTER TABLE public.t RENAME id TO number | finished",
                "ALTER TABLE public.t DROP CONSTRAINT t_pkey | finished",
                "ALTER TABLE public.t ADD more int DEFAULT 7 | finished",
                "ALTER TABLE public.t ALTER v TYPE varchar(10) | finished",
                "CLUSTER public.t USING t_pkey | finished",
                "TRUNCATE public.t | finished"
            })
    void ddlEndsALoadClearlyOrDoesNotHinderIt(String ddl, String state) {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, v text, n int); INSERT INTO public.t SELECT i, 'v', 1 FROM generate_series(1, 9) i;"
                        + " SELECT leat.attach('public.t'); SELECT leat.load('public.t', 'n = 1')");
        chunk(3);
        run(ddl);
        finish(3);
        assertThat(state()).isEqualTo(state);
        assertThat(loaded()).hasSize(state.equals("finished") && !ddl.startsWith("TRUNCATE") ? 9 : 3);
        if (!state.equals("finished")) {
            assertThat(value("SELECT ended_at IS NOT NULL FROM leat_internal.load"))
                    .isEqualTo("t");
        }
    }

    @Test
    void anEnumThatLosesTheBoundsLabelEndsTheLoad() {
        run(
                "CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE public.t (id mood PRIMARY KEY); INSERT INTO public.t VALUES ('a'), ('b'), ('c');"
                        + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        chunk(1);
        run("ALTER TYPE mood RENAME VALUE 'a' TO 'z'");
        finish(1);
        assertThat(state()).isEqualTo("failed: invalid input value for enum public.mood: \"a\"");
    }

    @Test
    void aFilterThatFailsEndsTheLoad() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, n int); INSERT INTO public.t SELECT i, i - 5 FROM generate_series(1, 9) i;"
                        + " SELECT leat.attach('public.t'); SELECT leat.load('public.t', '1 / n < 5')");
        finish(MOST);
        assertThat(state()).isEqualTo("failed: division by zero");
        assertThat(loaded()).hasSizeLessThan(5);
    }

    @Test
    void aLockedTableIsTriedAgainAndNobodyWaitsBehindTheLoad() throws SQLException {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY); INSERT INTO public.t VALUES (1); SELECT leat.attach('public.t');"
                        + " SELECT leat.load('public.t')");
        try (Session other = session()) {
            other.run("BEGIN; LOCK TABLE public.t");
            String before = value("SELECT clock_timestamp()");
            long began = System.nanoTime();
            chunk(MOST);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
            assertThat(state()).isEqualTo("running: canceling statement due to lock timeout");
            assertThat(value("SELECT due_at > '" + before
                            + "'::timestamptz + interval '100 ms' FROM leat_internal.load"))
                    .as("a pause after the 50 ms in which it waited for the lock")
                    .isEqualTo("t");
        }
        finish(MOST);
        assertThat(state()).isEqualTo("finished");
    }
}
