package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables without a primary key that are attached by a unique index, by the whole row, or as one key. */
@Tag("postgres")
class WithoutKeyTest extends CaptureFixture {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffffff);

    private List<String> keys() {
        return captured().stream().map(Captured::partitionKey).toList();
    }

    private String problems() {
        return String.valueOf(database.rows("SELECT array_to_string(problems, '; ') FROM leat.attached()")
                .get(0)
                .get(0));
    }

    @Test
    void theRefusalNamesTheThree() throws Exception {
        run("CREATE TABLE public.t (a int)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t')").hint())
                    .contains("key =>", "'unique' (", "'whole-row' (", "'table' (");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "without_key => 'primary' | without_key is \"primary\"",
                "without_key => 'table', key => '{a}' | key names the key",
                "without_key => 'unique' | public.t has no unique index that could be its key",
                "without_key => 'whole-row', capture => 'statement' | its key is not its primary key",
                "without_key => 'table', capture => 'statement' | its key is not its primary key",
            })
    void whatCannotBeIsRefused(String options, String refusal) throws Exception {
        run(
                "CREATE TABLE public.t (a int NOT NULL, b int NOT NULL, n int UNIQUE, d int NOT NULL UNIQUE DEFERRABLE);"
                        + " CREATE UNIQUE INDEX ON public.t (a) WHERE b > 0; CREATE UNIQUE INDEX ON public.t ((a + b)); CREATE INDEX ON public.t (a)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', " + options + ")")
                            .message())
                    .contains(refusal);
        }
    }

    @Test
    void aUniqueIndexWithoutNullsIsTheKeyTheSmallestFirst() throws Exception {
        run(
                "CREATE TABLE public.t (a int NOT NULL, b text NOT NULL, c int NOT NULL, v int);"
                        + " CREATE UNIQUE INDEX wide ON public.t (a, b); CREATE UNIQUE INDEX t_z ON public.t (c) INCLUDE (v); CREATE UNIQUE INDEX t_y ON public.t (a)");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.t', without_key => 'unique')"))
                    .anyMatch(said -> said.endsWith("its key is (a), the columns of the unique index t_y"));
            // The choice stays, whichever would be chosen now.
            owner.run("CREATE UNIQUE INDEX t_x ON public.t (c)");
            assertThat(owner.value("SELECT leat.attach('public.t', without_key => 'unique')"))
                    .isEqualTo("unchanged");
        }
        run("INSERT INTO public.t VALUES (1, 'x', 2, 3); UPDATE public.t SET a = 4");
        assertThat(changes())
                .containsExactly(
                        "c public.t(a).1 null -> {\"a\":1,\"b\":\"x\",\"c\":2,\"v\":3}",
                        "d public.t(a).1 {\"a\":1,\"b\":\"x\",\"c\":2,\"v\":3} -> null",
                        "c public.t(a).4 null -> {\"a\":4,\"b\":\"x\",\"c\":2,\"v\":3}");
        assertThat(captured()).allMatch(Captured::held);
        assertThat(database.rows("SELECT key_columns, key_named, without_key FROM leat.attached()"))
                .hasToString("[[{a}, f, unique]]");
    }

    @Test
    void anExcludedOrMaskedColumnIsNotTakenForTheKey() {
        run("CREATE TABLE public.t (a int NOT NULL UNIQUE, b int NOT NULL UNIQUE, c int NOT NULL UNIQUE);"
                + " SELECT leat.attach('public.t', without_key => 'unique', exclude => '{a}', mask => '{b}')");
        run("INSERT INTO public.t VALUES (1, 2, 3)");
        assertThat(changes()).containsExactly("c public.t(c).3 null -> {\"b\":\"***\",\"c\":3}");
    }

    /** Its events are held, so that rows which share a key by now are in order. */
    @ParameterizedTest
    @ValueSource(strings = {"DROP INDEX public.u", "ALTER TABLE public.t ALTER a DROP NOT NULL"})
    void aKeyThatIsUniqueNoLongerStaysTheKeyAndIsReported(String ddl) throws Exception {
        run("CREATE TABLE public.t (a int NOT NULL, v int); CREATE UNIQUE INDEX u ON public.t (a);"
                + " SELECT leat.attach('public.t', without_key => 'unique'); SELECT leat.refresh()");
        assertThat(problems()).isEmpty();
        run(ddl);
        assertThat(problems())
                .contains(
                        "no unique index without nulls has the columns of its key (a) any more",
                        "attach the table again");
        run("SELECT leat.refresh(); INSERT INTO public.t VALUES (1, 1)");
        assertThat(problems()).contains("no unique index");
        assertThat(last().change()).startsWith("c public.t(a).1 ");
        assertThat(last().held()).isTrue();
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', without_key => 'unique')")
                            .message())
                    .contains("no unique index");
        }
        run(
                "DROP INDEX IF EXISTS public.u; ALTER TABLE public.t ALTER a SET NOT NULL; CREATE UNIQUE INDEX again ON public.t (a)");
        assertThat(problems()).isEmpty();
    }

    @Test
    void aPrimaryKeyIsTheKeyWhateverIsAskedForWithoutOne() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY, u int NOT NULL UNIQUE)");
        try (Session owner = session()) {
            for (String mode : List.of("unique", "whole-row", "table")) {
                owner.run("SELECT leat.attach('public.t', without_key => '" + mode + "')");
                assertThat(owner.value("SELECT without_key FROM leat.attached()"))
                        .isNull();
            }
        }
        run("INSERT INTO public.t VALUES (1, 2)");
        assertThat(keys()).containsExactly("public.t.1");
        assertThat(last().held()).isFalse();
    }

    /** Until it is attached again: else the keys of all rows would change with DDL. */
    @Test
    void aPrimaryKeyThatIsAddedLaterIsTheKeyFromTheNextAttachOn() throws Exception {
        run("CREATE TABLE public.t (id int NOT NULL); SELECT leat.attach('public.t', without_key => 'table')");
        run("ALTER TABLE public.t ADD PRIMARY KEY (id); SELECT leat.refresh(); INSERT INTO public.t VALUES (1)");
        try (Session owner = session()) {
            assertThat(owner.value("SELECT leat.attach('public.t', without_key => 'table')"))
                    .isEqualTo("changed");
        }
        run("INSERT INTO public.t VALUES (2)");
        assertThat(keys()).containsExactly("public.t()", "public.t.2");
    }

    @Test
    void theHashOfARowIsItsKeyAndRowsThatAreAlikeShareIt() {
        run(
                "CREATE TABLE public.log (at timestamptz, line text); SELECT leat.attach('public.log', without_key => 'whole-row')");
        run(
                "SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'iso_8601';"
                        + " INSERT INTO public.log VALUES ('2026-01-02 03:04:05+00', 'a'), ('2026-01-02 03:04:05+00', 'a'), (NULL, 'b')");
        run("UPDATE public.log SET line = 'b' WHERE at IS NULL; DELETE FROM public.log WHERE at IS NOT NULL");
        String key = "public.log(*)."
                + database.value("SELECT encode(sha256(convert_to('(\"2026-01-02 03:04:05+00\",a)', 'UTF8')), 'hex')");
        String other = "public.log(*)." + database.value("SELECT encode(sha256('(,b)'), 'hex')");
        assertThat(captured().stream().map(event -> event.op() + " " + event.partitionKey() + " " + event.key()))
                .containsExactly(
                        "c " + key + " null",
                        "c " + key + " null",
                        "c " + other + " null",
                        "u " + other + " null",
                        "d " + key + " null",
                        "d " + key + " null");
        assertThat(captured()).allMatch(Captured::held);
    }

    @Test
    void whatMustNotLeaveIsNotInTheHashEither() {
        run(
                "CREATE TABLE public.t (a int, pin int, secret text); SELECT leat.attach('public.t', without_key => 'whole-row',"
                        + " exclude => '{secret}', mask => '{pin}')");
        run("INSERT INTO public.t VALUES (1, 2, 'x'), (1, 3, 'y'); UPDATE public.t SET secret = 'z'");
        String key = "public.t(*)." + database.value("SELECT encode(sha256('(1)'), 'hex')");
        assertThat(keys()).containsOnly(key);
        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "c", "u", "u");
    }

    /** The key of a row is the same however it comes into the outbox: else its delete would be of another one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE public.t ADD x int",
                "ALTER TABLE public.t ADD x int DEFAULT 7",
                "ALTER TABLE public.t DROP b",
                "ALTER TABLE public.t RENAME a TO z",
                "ALTER TABLE public.t ALTER b TYPE numeric(9, 2)",
                "ALTER TABLE public.t RENAME a TO z; ALTER TABLE public.t RENAME b TO a; ALTER TABLE public.t RENAME z TO b",
                "ALTER TABLE public.t RENAME TO other; ALTER TABLE public.other RENAME TO t",
                "SELECT",
            })
    void afterDdlTheKeyIsTheSameBeforeAndAfterTheFunctionIsWrittenAnewAndInALoad(String ddl) {
        run("CREATE TYPE pair AS (n int, t text);"
                + " CREATE TABLE public.t (a int, b int, f float8, t text, p pair, n numeric, y bytea);"
                + " SELECT leat.attach('public.t', without_key => 'whole-row'); SELECT leat.refresh();"
                + " INSERT INTO public.t VALUES (1, 2, 0.1, E'x\\n\"(),', ROW(1, 'q'), 1.50, '\\x00ff')");
        run(ddl);
        run("UPDATE public.t SET t = t");
        String before = last().change();
        run("SELECT leat.refresh(); UPDATE public.t SET t = t");
        assertThat(last().change()).isEqualTo(before);
        run("ALTER TABLE public.t RENAME t TO renamed");
        run("UPDATE public.t SET renamed = renamed");
        assertThat(last().partitionKey()).isEqualTo(captured().get(1).partitionKey());
        run("SELECT leat.load('public.t', key => '{f}')");
        run("SELECT leat_poller.load_chunk(100)");
        assertThat(last().op()).isEqualTo("r");
        assertThat(last().partitionKey()).isEqualTo(captured().get(1).partitionKey());
    }

    @Test
    void thePartitionsOfATableHaveItsKeysWhateverTheOrderOfTheirColumns() {
        run("CREATE TABLE public.p (day date, a int, b int) PARTITION BY RANGE (day);"
                + " CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
                + " CREATE TABLE public.p2 (b int, gone int, a int, day date); ALTER TABLE public.p2 DROP gone;"
                + " ALTER TABLE public.p ATTACH PARTITION public.p2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"
                + " SELECT leat.attach('public.p', without_key => 'whole-row')");
        run(
                "INSERT INTO public.p VALUES ('2026-02-03', 1, 2); INSERT INTO public.p2 VALUES (2, 1, '2026-02-03'); DELETE FROM public.p2");
        assertThat(keys())
                .containsOnly("public.p(*)." + database.value("SELECT encode(sha256('(2026-02-03,1,2)'), 'hex')"));
        run("ALTER TABLE public.p ADD c int; INSERT INTO public.p2 VALUES (2, 1, '2026-02-03', 5)");
        assertThat(last().partitionKey())
                .isEqualTo("public.p(*)." + database.value("SELECT encode(sha256('(2026-02-03,1,2,5)'), 'hex')"));
    }

    @Test
    void theWholeTableIsOneKey() {
        run("CREATE TABLE public.log (line text); SELECT leat.attach('public.log', without_key => 'table')");
        run(
                "INSERT INTO public.log VALUES ('a'), ('b'); UPDATE public.log SET line = 'c' WHERE line = 'a'; DELETE FROM public.log");
        assertThat(changes())
                .containsExactly(
                        "c public.log() null -> {\"line\":\"a\"}",
                        "c public.log() null -> {\"line\":\"b\"}",
                        "u public.log() {\"line\":\"a\"} -> {\"line\":\"c\"}",
                        "d public.log() {\"line\":\"b\"} -> null",
                        "d public.log() {\"line\":\"c\"} -> null");
        assertThat(captured()).allMatch(Captured::held);
        forget();
        run("TRUNCATE public.log");
        assertThat(captured()).hasSize(64);
        assertThat(keys()).contains("public.log()#0", "public.log()#63");
    }

    /** A domain event may have any key, and is no event of a table's. */
    @Test
    void noDomainEventHasSuchAPartitionKey() {
        run("SELECT leat.publish('public.log()', 'T', NULL::json), leat.publish('public.log(*).1', 'T', NULL::json)");
        assertThat(keys()).containsExactly("~public.log()", "~public.log(*).1");
    }

    @Test
    void theSettingStaysOverDdlAndDetachingEndsIt() throws Exception {
        run("CREATE TABLE public.t (a int); SELECT leat.attach('public.t', without_key => 'whole-row')");
        run("ALTER TABLE public.t ADD b int; ALTER TABLE public.t RENAME TO u; SELECT leat.refresh()");
        try (Session owner = session()) {
            assertThat(owner.value(
                            "SELECT concat_ws('|', table_name, without_key, held, problems) FROM leat.attached()"))
                    .isEqualTo("u|whole-row|t|{}");
            assertThat(owner.value("SELECT leat.attach('public.u', without_key => 'table')"))
                    .isEqualTo("changed");
            assertThat(owner.refusal("SELECT leat.attach('public.u')").message())
                    .contains("has no primary key");
        }
    }

    @Test
    void aLoadOfRowsWithoutAKeyFollowsColumnsThatAreNamed() throws Exception {
        run(
                "CREATE TABLE public.t (a int, v int); CREATE INDEX ON public.t (a); INSERT INTO public.t SELECT i % 5, i % 7 FROM generate_series(1, 40) i;"
                        + " INSERT INTO public.t VALUES (NULL, 1), (NULL, 1); SELECT leat.attach('public.t', without_key => 'whole-row')");
        try (Session owner = session()) {
            Session.Refusal refusal = owner.refusal("SELECT leat.load('public.t')");
            assertThat(refusal.message()).contains("no primary key whose order a load could follow");
            assertThat(refusal.hint()).contains("leat load --key a,b");
            owner.run("SELECT leat.load('public.t', key => '{a}')");
            for (int i = 0; i < 30; i++) {
                owner.run("SELECT leat_poller.load_chunk(3)");
            }
            assertThat(owner.value("SELECT state FROM leat_internal.load")).isEqualTo("finished");
        }
        assertThat(database.rows(
                        "SELECT after::text, count(*) FROM leat_internal.outbox WHERE op = 'r' GROUP BY 1 ORDER BY 1"))
                .isEqualTo(database.rows("SELECT row_to_json(t)::text, count(*) FROM public.t GROUP BY 1 ORDER BY 1"));
    }

    @Test
    void aLoadByAUniqueKeyFollowsIt() {
        run("CREATE TABLE public.t (a int NOT NULL UNIQUE, v int); INSERT INTO public.t VALUES (1, 1), (2, 2);"
                + " SELECT leat.attach('public.t', without_key => 'unique'); SELECT leat.load('public.t')");
        run("SELECT leat_poller.load_chunk(10)");
        assertThat(keys()).containsExactly("public.t(a).1", "public.t(a).2");
    }

    /** Who counts the rows of each key has what is in the table, with rows that are alike. */
    @Test
    void theEventsOfAWholeRowLeadToTheTable() throws Exception {
        System.out.println("WithoutKeyTest: -Dleat.test.seed=" + SEED);
        Random random = new Random(SEED);
        run("CREATE TABLE public.t (a int, b text); SELECT leat.attach('public.t', without_key => 'whole-row')");
        for (int i = 0; i < 200; i++) {
            String row = "(" + random.nextInt(3) + ", " + (random.nextBoolean() ? "NULL" : "'x'") + ")";
            int a = random.nextInt(3);
            run(
                    switch (random.nextInt(5)) {
                        case 0, 1 -> "INSERT INTO public.t VALUES " + row;
                        case 2 -> "UPDATE public.t SET a = a + " + random.nextInt(2) + " WHERE a = " + a;
                        case 3 -> "DELETE FROM public.t WHERE ctid IN (SELECT ctid FROM public.t LIMIT 1)";
                        default ->
                            "UPDATE public.t SET b = 'y' WHERE a = " + a + "; INSERT INTO public.t VALUES " + row;
                    });
        }
        Map<String, Integer> rows = new HashMap<>();
        Map<String, String> images = new HashMap<>();
        for (Captured event : captured()) {
            rows.merge(
                    event.partitionKey(),
                    event.op().equals("c") ? 1 : event.op().equals("d") ? -1 : 0,
                    Integer::sum);
            if (event.after() != null) {
                images.put(event.partitionKey(), event.after());
            }
        }
        TreeMap<String, Integer> replayed = new TreeMap<>();
        rows.forEach((key, count) -> {
            if (count != 0) {
                replayed.put(images.get(key), count);
            }
        });
        TreeMap<String, Integer> table = new TreeMap<>();
        database.rows("SELECT row_to_json(t)::text, count(*) FROM public.t GROUP BY 1")
                .forEach(row -> table.put(row.get(0), Integer.valueOf(String.valueOf(row.get(1)))));
        assertThat(replayed).as("seed %d", SEED).isEqualTo(table);
    }
}
