package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The events that a load writes into the outbox, chunk by chunk. */
@Tag("postgres")
class LoadTest extends LoadFixture {

    private static final String TABLE =
            "CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t SELECT i, 'v' || i FROM generate_series(1, 10) i;";

    @Test
    void theBacklogIsWhatWaitsAboveTheLowsOfTheLanesAndNoMoreThanIsAskedFor() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t VALUES (1), (2), (3);"
                + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        chunk(10);
        run("UPDATE public.t SET v = 'x'");
        String backlog = "SELECT concat_ws(' ', events, bytes > 0, changes) FROM leat_poller.backlog(%d)";
        assertThat(value(backlog.formatted(100))).isEqualTo("6 t 3");
        assertThat(value(backlog.formatted(4))).startsWith("4 t ");

        run("UPDATE leat_internal.lane SET low = (SELECT max(o.id) FROM leat_internal.outbox o)");
        assertThat(value(backlog.formatted(100))).isEqualTo("0 f 0");
    }

    @Test
    void rowsAreLoadedInTheOrderOfTheKeyAndTheFirstAndTheLastSaySo() {
        run(TABLE + "SELECT leat.attach('public.t'); SELECT leat.load('public.t', filter => 'id <= 5')");
        finish(2);
        assertThat(loaded())
                .containsExactly(
                        "r first public.t.1 {\"id\":1,\"v\":\"v1\"}",
                        "r public.t.2 {\"id\":2,\"v\":\"v2\"}",
                        "r public.t.3 {\"id\":3,\"v\":\"v3\"}",
                        "r public.t.4 {\"id\":4,\"v\":\"v4\"}",
                        "r last public.t.5 {\"id\":5,\"v\":\"v5\"}");
        assertThat(state()).isEqualTo("finished");
        assertThat(value("SELECT loaded FROM leat_internal.load")).isEqualTo("5");
    }

    /** When the last chunk is full, too. */
    @ParameterizedTest
    @CsvSource({"1", "2", "3", "5", "9", "10", "11"})
    void eachRowIsLoadedOnceWhateverTheSizeOfAChunk(int most) {
        run(TABLE + "SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        finish(most);
        assertThat(loaded()).hasSize(10).first().asString().startsWith("r first ");
        assertThat(loaded()).last().asString().startsWith("r last public.t.10 ");
        assertThat(value("SELECT count(DISTINCT partition_key) FROM leat_internal.outbox"))
                .isEqualTo("10");
    }

    @Test
    void anEmptyTableIsLoadedAtOnce() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        assertThat(chunk(MOST)).isEqualTo("the load of public.t has finished: 0 rows");
        assertThat(loaded()).isEmpty();
    }

    /** But for the operation and what is known of a writer. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id int PRIMARY KEY, v text | | (1, 'a')",
                "id int PRIMARY KEY, v text, secret text | exclude => '{secret}' | (1, 'a', 's')",
                "id int PRIMARY KEY, v text, secret text | mask => '{secret}' | (1, 'a', 's')",
                "id int PRIMARY KEY, c int | key => '{c}' | (1, 7)",
                "id int, c int | key => '{c}' | (1, NULL)",
                "a int, b text, v text, PRIMARY KEY (b, a) | stream => 'other', on_quarantine => 'pass' | (1, 'x', 'y')",
                "id int PRIMARY KEY, v text | before => false | (1, 'a')",
                "id int PRIMARY KEY, v text | capture => 'statement' | (1, 'a')",
                "id text PRIMARY KEY | | (repeat('x', 300))",
                "id int PRIMARY KEY, m mood, p pair, ps pair[] | | (1, 'sad', ROW(1, 'happy'), ARRAY[ROW(2, NULL)::pair])",
                "id mood PRIMARY KEY, v int GENERATED ALWAYS AS (1 + 1) STORED | | ('sad')",
                "id timestamptz PRIMARY KEY, f float8, n numeric, b bytea | | ('2026-01-02 03:04:05.6+09', 'NaN', 1.50, '\\x00ff')"
            })
    void aLoadedRowLooksAsItDidWhenItWasInserted(String columns, String options, String row) {
        run("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (n int, m mood);"
                + "CREATE TABLE public.t ("
                + columns + "); SELECT leat.attach('public.t'" + (options == null ? "" : ", " + options) + ");"
                + " INSERT INTO public.t VALUES " + row + ";");
        String event =
                "SELECT concat_ws('|', lane, held, may_pass, schema_name, table_name, partition_key, key, before, after, stream,"
                        + " context, fault) FROM leat_internal.outbox WHERE op = ";
        run("SELECT leat.load('public.t')");
        finish(MOST);
        assertThat(value(event + "'r'")).isEqualTo(value(event + "'c'"));
    }

    @Test
    void aTableThatIsNotCapturedIsLoadedByOptionsOfItsOwn() {
        run("CREATE TABLE public.t (a int, b int, secret text, pin text); INSERT INTO public.t VALUES (1, 2, 's', 'p');"
                + " SELECT leat.load('public.t', only_rows => true, key => '{a}', exclude => '{secret}', mask => '{pin}',"
                + " stream => 'other', on_quarantine => 'pass')");
        finish(MOST);
        assertThat(loaded()).containsExactly("r last public.t(a).1 {\"a\":1,\"b\":2,\"pin\":\"***\"}");
        assertThat(value("SELECT concat_ws(' ', held, may_pass, stream) FROM leat_internal.outbox"))
                .isEqualTo("t t other");
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
        assertThat(value("SELECT stream_known FROM leat_poller.outbox")).isEqualTo("t");
    }

    @Test
    void duplicatesOfANamedKeyAreAllLoadedAndTogether() {
        run("CREATE TABLE public.t (a int, v int); INSERT INTO public.t SELECT i % 4, i FROM generate_series(1, 22) i;"
                + " INSERT INTO public.t VALUES (NULL, 23), (NULL, 24), (NULL, 25);"
                + " SELECT leat.attach('public.t', key => '{a}'); SELECT leat.load('public.t')");
        finish(2);
        assertThat(database.rows("SELECT DISTINCT (after ->> 'v')::int FROM leat_internal.outbox"))
                .hasSize(25);
        assertThat(loaded()).hasSize(25);
    }

    /** Nulls in any column, and values that are alike in all columns but the last. */
    @Test
    void aNamedKeyOfSeveralColumnsMayHaveNulls() {
        List<String> values = new ArrayList<>();
        for (String a : List.of("1", "2", "NULL")) {
            for (String b : List.of("'x'", "'y'", "NULL")) {
                for (String c : List.of("1.5", "NULL", "'NaN'")) {
                    values.add("(" + a + ", " + b + ", " + c + ")");
                    values.add("(" + a + ", " + b + ", " + c + ")");
                }
            }
        }
        run("CREATE TABLE public.t (a int, b text, c float8); INSERT INTO public.t VALUES " + String.join(", ", values)
                + "; CREATE INDEX ON public.t (a, b, c);"
                + " SELECT leat.attach('public.t', key => '{a,b,c}'); SELECT leat.load('public.t')");
        finish(3);
        assertThat(loaded()).hasSize(54);
        assertThat(
                        value(
                                "SELECT count(*) FROM (SELECT partition_key FROM leat_internal.outbox GROUP BY 1 HAVING count(*) = 2) x"))
                .isEqualTo("27");
        assertThat(value(
                        "SELECT array_agg(id ORDER BY id) = array_agg(id ORDER BY (after->>'a')::int, after->>'b' COLLATE \"C\","
                                + " (after->>'c')::float8, id) FROM leat_internal.outbox"))
                .isEqualTo("t");
    }

    @Test
    void aPartitionedTableIsLoadedAsOne() {
        run("CREATE TABLE public.p (day date, id int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
                + " CREATE TABLE public.p2 PARTITION OF public.p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (day);"
                + " CREATE TABLE public.p3 PARTITION OF public.p2 DEFAULT;"
                + " INSERT INTO public.p SELECT date '2026-01-01' + i % 50, i % 30, 'v' FROM generate_series(1, 300) i ON CONFLICT DO NOTHING;"
                + " SELECT leat.attach('public.p'); DELETE FROM leat_internal.outbox; SELECT leat.load('public.p')");
        finish(7);
        assertThat(
                        value(
                                "SELECT count(*) = (SELECT count(*) FROM public.p) AND count(*) = count(DISTINCT partition_key) FROM leat_internal.outbox"))
                .isEqualTo("t");
        assertThat(value("SELECT DISTINCT table_name FROM leat_internal.outbox"))
                .isEqualTo("p");
    }

    @Test
    void theRowsOfTablesThatInheritAreNotThisTables() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); CREATE TABLE public.child () INHERITS (public.t);"
                + " INSERT INTO public.t VALUES (1); INSERT INTO public.child VALUES (2);"
                + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        finish(MOST);
        assertThat(loaded()).hasSize(1);
    }

    @Test
    void namesAreWhateverPeopleCallThings() {
        run(
                "CREATE SCHEMA \"a.\"\"b\"; CREATE TABLE \"a.\"\"b\".\"{{key}} %s '\" (\"k1\" int, \"leat_r\" text, \"n\" int, \"%I\" text,"
                        + " PRIMARY KEY (\"n\", \"%I\"));"
                        + " INSERT INTO \"a.\"\"b\".\"{{key}} %s '\" SELECT i, 'x', i, 'it''s \\ ' || i FROM generate_series(1, 9) i;"
                        + " SELECT leat.attach('\"a.\"\"b\".\"{{key}} %s ''\"');"
                        + " SELECT leat.load('\"a.\"\"b\".\"{{key}} %s ''\"', filter => '\"leat_r\" = ''x'' AND \"n\" > 2 AND \"k1\" > 1')");
        finish(2);
        assertThat(loaded()).hasSize(7);
    }

    @Test
    void aChunkThatIsRolledBackIsReadAgain() throws SQLException {
        run(TABLE + "SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        chunk(3);
        try (Session killed = session()) {
            killed.run("BEGIN; SELECT leat_poller.load_chunk(3); ROLLBACK");
        }
        finish(4);
        assertThat(loaded()).hasSize(10);
        assertThat(value("SELECT count(DISTINCT partition_key) FROM leat_internal.outbox"))
                .isEqualTo("10");
    }

    @Test
    void twoPollersAreNeverAtOneLoad() throws SQLException {
        run(TABLE + "SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        try (Session one = session()) {
            one.run("BEGIN; SELECT leat_poller.load_chunk(3)");
            assertThat(value("SELECT number FROM leat_poller.load_chunk(3)")).isNull();
            one.run("COMMIT");
        }
        assertThat(value("SELECT number FROM leat_poller.load_chunk(3)")).isEqualTo("1");
    }

    @Test
    void aLoadIsPausedResumedCancelledAndRestarted() {
        run(TABLE + "SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        chunk(3);
        run("SELECT leat.pause_load('public.t')");
        chunk(3);
        assertThat(loaded()).hasSize(3);
        assertThat(state()).isEqualTo("paused");
        run("SELECT leat.resume_load('public.t')");
        chunk(3);
        assertThat(loaded()).hasSize(6);
        run("SELECT leat.cancel_load('public.t')");
        chunk(3);
        assertThat(loaded()).hasSize(6);
        assertThat(state()).isEqualTo("cancelled");
        forget();
        run("SELECT leat.restart_load('public.t')");
        finish(4);
        assertThat(loaded()).hasSize(10).first().asString().startsWith("r first public.t.1 ");
        forget();
        run("SELECT leat.load('public.t')");
        finish(4);
        assertThat(loaded()).hasSize(10);
        assertThat(value("SELECT count(*) FROM leat_internal.load")).isEqualTo("1");
    }

    /** Half a million rows of one table must not be read again and again. */
    @Test
    void aChunkReadsNoMoreThanItsRowsWhateverTheKey() {
        run(
                "CREATE TABLE public.t (a int, b int, PRIMARY KEY (a, b)); INSERT INTO public.t SELECT i % 3, i FROM generate_series(1, 30000) i;"
                        + " ANALYZE public.t; SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        run("UPDATE leat_internal.load SET bound = '{1,100}', loaded = 1");
        String statement = value(
                "SELECT leat_internal.load_statement(l, leat_internal.page_conditions(l, l.bound), 100, false) FROM leat_internal.load l");
        run("ALTER ROLE " + TestServer.OWNER + " IN DATABASE " + database.name()
                + " SET enable_seqscan = off; ALTER ROLE "
                + TestServer.OWNER + " IN DATABASE " + database.name() + " SET enable_sort = off; ALTER ROLE "
                + TestServer.OWNER
                + " IN DATABASE " + database.name() + " SET enable_bitmapscan = off");
        String plan = database.rows("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + statement)
                .toString();
        assertThat(plan).contains("Merge Append").doesNotContain("Seq Scan").doesNotContain("rows=10000");
    }

    @Test
    void theSizeOfAChunkAdaptsToItsTime() {
        run("CREATE TABLE public.t (id int PRIMARY KEY); INSERT INTO public.t SELECT generate_series(1, 30000);"
                + " SELECT leat.attach('public.t'); SELECT leat.load('public.t')");
        chunk(MOST);
        assertThat(value("SELECT loaded FROM leat_internal.load")).isEqualTo("500");
        // A chunk during which the machine was busy makes the next ones smaller.
        for (int i = 0; i < 20 && chunkRows() <= 500; i++) {
            chunk(MOST);
        }
        assertThat(chunkRows()).isGreaterThan(500);
        run("SELECT leat.cancel_load('public.t'); SELECT leat.load('public.t', chunk => 40)");
        chunk(MOST);
        chunk(MOST);
        assertThat(value("SELECT concat_ws(' ', loaded, most_rows) FROM leat_internal.load WHERE state = 'running'"))
                .isEqualTo("80 40");
    }

    private int chunkRows() {
        return Integer.parseInt(String.valueOf(value("SELECT chunk_rows FROM leat_internal.load")));
    }
}
