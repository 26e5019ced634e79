package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A load reads a table in the order of a key of any type that has an order, in small chunks, and reads each row once. */
@Tag("postgres")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoadedKeysTest {

    private final TypeDatabase all = TypeDatabase.withoutPoller();
    private final TestDatabase database = all.database();

    @AfterAll
    void end() {
        all.close();
    }

    Stream<String> keyTypes() {
        List<String> keys = new ArrayList<>();
        for (String type : all.types()) {
            try {
                String value = "CAST((" + all.values(type).get(0) + ") AS " + type + ")";
                database.run("CREATE TABLE t.can (k " + type + " PRIMARY KEY); DROP TABLE t.can; SELECT " + value
                        + " = " + value);
                keys.add(type);
            } catch (IllegalStateException e) {
                assertThat(String.valueOf(e.getMessage()))
                        .containsAnyOf(
                                "has no default operator class for access method \"btree\"",
                                "could not identify an equality operator");
            }
        }
        return Extent.some(8, keys).stream();
    }

    @ParameterizedTest
    @MethodSource("keyTypes")
    void everyRowIsLoadedOnceInTheOrderOfItsKey(String type) {
        List<String> values = new ArrayList<>(all.values(type));
        database.run(
                "DROP TABLE IF EXISTS t.loaded; CREATE TABLE t.loaded (id int, k " + type + ", n int DEFAULT 1);"
                        + TypeDatabase.inserts("t.loaded", "k", type, values)
                        + "DELETE FROM t.loaded WHERE k IS DISTINCT FROM NULL AND octet_length(k::text) > 2000;"
                        // Ties, also of nulls.
                        + "INSERT INTO t.loaded SELECT id + 1000, k FROM t.loaded WHERE id % 2 = 0; INSERT INTO t.loaded VALUES (2000, NULL), (2001, NULL);");
        walk("key => '{k}'", "k");
        walk("key => '{n,k}'", "n, k");
        database.run(
                "DELETE FROM t.loaded a USING t.loaded b WHERE a.id > b.id AND a.k = b.k; DELETE FROM t.loaded WHERE k IS NOT DISTINCT FROM NULL;"
                        + " ALTER TABLE t.loaded ADD PRIMARY KEY (k)");
        walk("", "k");
    }

    private void walk(String options, String order) {
        database.run("DELETE FROM leat_internal.outbox; SELECT leat.load('t.loaded', only_rows => true"
                + (options.isEmpty() ? "" : ", " + options) + ")");
        for (int i = 0; i < 300 && !"finished".equals(state()); i++) {
            database.run("UPDATE leat_internal.load SET due_at = now() - interval '1 second' WHERE state = 'running';"
                    + " SELECT leat_poller.load_chunk(5)");
        }
        assertThat(
                        database.value(
                                "SELECT state || coalesce(': ' || error, '') FROM leat_internal.load ORDER BY load DESC LIMIT 1"))
                .isEqualTo("finished");
        assertThat(database.rows(
                        "SELECT (after ->> 'id')::int FROM leat_internal.outbox WHERE fault IS NULL ORDER BY 1"))
                .as(options)
                .isEqualTo(database.rows("SELECT id FROM t.loaded ORDER BY 1"));
        // Rows that are alike in the key may come in any order among themselves.
        assertThat(database.value("SELECT coalesce(bool_and(place = rank), true) FROM (SELECT rank() OVER (ORDER BY "
                        + order
                        + ") AS rank, min(at) OVER (PARTITION BY " + order
                        + ") AS place FROM (SELECT l.*, row_number() OVER (ORDER BY o.id) AS at"
                        + " FROM leat_internal.outbox o JOIN t.loaded l ON l.id = (o.after ->> 'id')::int) x) y"))
                .as(order)
                .isEqualTo("t");
    }

    private String state() {
        return String.valueOf(database.value("SELECT state FROM leat_internal.load ORDER BY load DESC LIMIT 1"));
    }

    Stream<String> collations() {
        return Extent.some(1, List.of("C", "en_US", "de-u-kn-true", "case_insensitive")).stream();
    }

    @ParameterizedTest
    @MethodSource("collations")
    void textGoesInTheOrderOfItsCollation(String collation) {
        if (collation.equals("en_US")
                && "0".equals(database.value("SELECT count(*) FROM pg_collation WHERE collname = 'en_US'"))) {
            collation = "ucs_basic";
        }
        database.run(
                "DO $$ BEGIN CREATE COLLATION IF NOT EXISTS \"de-u-kn-true\" (provider = icu, locale = 'de-u-kn-true');"
                        + " CREATE COLLATION IF NOT EXISTS case_insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false); END $$");
        database.run("DROP TABLE IF EXISTS t.loaded; CREATE TABLE t.loaded (id int, k text COLLATE \"" + collation
                + "\", n int DEFAULT 1);"
                + " INSERT INTO t.loaded SELECT i, (ARRAY['a', 'A', 'b', 'B', 'ä', 'Ä', 'z', '', ' ', 'a b', 'A-b', 'x10', 'x9', '_', 'ß'])[1 + i % 15]"
                + " || CASE WHEN i % 3 = 0 THEN i::text ELSE '' END FROM generate_series(1, 60) i");
        walk("key => '{k}'", "k");
        walk("key => '{n,k}'", "n, k");
    }
}
