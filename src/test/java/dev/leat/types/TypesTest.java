package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Values of every type reach the stream exactly as PostgreSQL's own {@code row_to_json} writes them: as such, in a domain, in a composite,
 * and in arrays of these.
 */
@Tag("postgres")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypesTest {

    /** Of larger values there is one in a row, so that two rows fit into a record. */
    private static final int LARGE = 10_000;

    private final TypeDatabase all = new TypeDatabase();
    private final TestDatabase database = all.database();

    @AfterAll
    void end() {
        all.close();
    }

    Stream<String> types() {
        return Extent.some(8, List.copyOf(all.types())).stream();
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyValueReachesTheStreamAsPostgresqlSaysIt(String type) {
        String table = "t.\"values of " + type.replace("\"", "\"\"") + "\"";
        create(table, type, all.values(type));

        Map<String, String> none = Map.of();
        Map<String, String> first = rows("t.stage");
        database.run("INSERT INTO " + table + " SELECT * FROM t.stage ORDER BY id");
        check(type, "c", none, first);

        database.run("UPDATE t.stage SET id = id % (SELECT count(*) FROM t.stage) + 1");
        Map<String, String> second = rows("t.stage");
        database.run("UPDATE " + table + " AS t SET " + assignments() + " FROM t.stage AS s WHERE s.id = t.id");
        check(type, "u", first, second);

        database.run("DELETE FROM " + table);
        check(type, "d", second, none);
        database.run("DROP TABLE " + table);
    }

    /** The table, and the rows that it is to have in {@code t.stage}. */
    private void create(String table, String type, List<String> values) {
        boolean hasArray = !"0"
                .equals(database.value(
                        "SELECT typarray FROM pg_type WHERE oid = '" + TypeDatabase.escaped(type) + "'::regtype"));
        database.run(
                "DROP TABLE IF EXISTS t.stage; DROP TYPE IF EXISTS t.composed CASCADE; DROP DOMAIN IF EXISTS t.domain CASCADE");
        String arrays = hasArray ? ", vs " + type + "[], ds t.domain[]" : "";
        database.run("CREATE DOMAIN t.domain AS " + type + "; CREATE TYPE t.composed AS (v " + type
                + ", \"the text\" text)");
        database.run("CREATE TABLE t.stage (id int, v " + type + ", d t.domain, c t.composed, cs t.composed[]" + arrays
                + ")");
        List<String> expressions = new ArrayList<>(values);
        expressions.add("NULL");
        database.run(TypeDatabase.inserts("t.stage", "v", type, expressions));
        database.run("UPDATE t.stage SET d = v, c = ROW(v, 'x'), cs = ARRAY[ROW(v, NULL)::t.composed, NULL]"
                + (hasArray
                        ? ", vs = array_fill(v, '{2}'::int[], '{0}'::int[]), ds = array_fill(v, '{1,2}'::int[])"
                        : "")
                + " WHERE length(coalesce(to_json(v)::text, '')) < " + LARGE);
        database.run("CREATE TABLE " + table + " (LIKE t.stage, PRIMARY KEY (id)); SELECT leat.attach('"
                + TypeDatabase.escaped(table) + "')");
    }

    private String assignments() {
        return String.valueOf(database.value(
                "SELECT string_agg(format('%I = s.%1$I', attname), ', ') FROM pg_attribute WHERE attrelid ="
                        + " 't.stage'::regclass AND attnum > 1"));
    }

    /** Each row as PostgreSQL writes it in JSON, by its id. */
    private Map<String, String> rows(String table) {
        Map<String, String> rows = new TreeMap<>();
        database.rows("SELECT s.id, row_to_json(s) FROM " + table + " AS s")
                .forEach(row -> rows.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
        return rows;
    }

    private void check(String type, String op, Map<String, String> before, Map<String, String> after) {
        Set<String> ids = new TreeSet<>(before.keySet());
        ids.addAll(after.keySet());
        List<Received> arrived = all.changes().next(ids.size());
        assertThat(arrived).hasSize(ids.size());
        for (Received record : arrived) {
            String id = record.json().get("key").get("id").asText();
            assertThat(ids.remove(id)).isTrue();
            assertThat(record.op()).isEqualTo(op);
            assertThat(record.text())
                    .startsWith(Received.beginning(
                            before.getOrDefault(id, "null"), after.getOrDefault(id, "null"), "{\"id\":" + id + "}"));
            assertThat(record.partitionKey()).endsWith("." + id);
            if (!type.startsWith("json") && !type.equals("t.nested")) {
                record.requireDistinctNames();
            }
        }
    }

    /** So that a type which a new version of PostgreSQL brings is noticed. */
    @Test
    void noTypeOfTheCatalogIsForgotten() {
        Set<String> known = new HashSet<>(all.reasons().keySet());
        for (String type : all.types()) {
            known.add(String.valueOf(database.value(
                    "SELECT typname FROM pg_type WHERE oid = '" + TypeDatabase.escaped(type) + "'::regtype")));
        }
        // Not the row types of the catalog's own tables, nor arrays, which go with their elements.
        List<String> catalog = database
                .rows("SELECT t.typname FROM pg_type t WHERE t.typtype IN ('b', 'd', 'e', 'c', 'r', 'm')"
                        + " AND t.typnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
                        + " AND t.typcategory <> 'A' AND t.typrelid = 0")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .sorted(Comparator.naturalOrder())
                .toList();

        assertThat(catalog)
                .hasSizeGreaterThan(70)
                .allMatch(known::contains, "listed in values.txt, or left out with a reason");
        assertThat(all.reasons().keySet()).allMatch(catalog::contains, "a type of this server");
    }
}
