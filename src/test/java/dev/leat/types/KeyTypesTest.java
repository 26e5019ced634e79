package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows with a key of any type that a primary key can have: each key has one partition key, whatever the writer's settings are. */
@Tag("postgres")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyTypesTest {

    /** What may change the text of a value. */
    private static final String OTHER_SETTINGS =
            "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German, DMY'; SET IntervalStyle = 'iso_8601';"
                    + " SET extra_float_digits = -10; SET bytea_output = 'escape'; SET quote_all_identifiers = on;"
                    + " SET search_path = t, pg_catalog; SET array_nulls = off; SET xmlbinary = 'hex'; ";

    /** The driver asks for it. */
    private static final String ISO = "; RESET DateStyle";

    private final TypeDatabase all = new TypeDatabase();
    private final TestDatabase database = all.database();
    private final Set<String> unordered = new TreeSet<>();

    @AfterAll
    void end() {
        all.close();
    }

    /** Types that can be a primary key. */
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
                unordered.add(type);
            }
        }
        return keys.stream();
    }

    Stream<String> someKeyTypes() {
        return Extent.some(5, keyTypes().toList()).stream();
    }

    @Test
    void whichTypesCannotBeAKey() {
        keyTypes();
        assertThat(unordered)
                .containsExactlyInAnyOrder(
                        "aclitem",
                        "box",
                        "cid",
                        "circle",
                        "json",
                        "json[]",
                        "jsonpath",
                        "line",
                        "lseg",
                        "path",
                        "pg_snapshot",
                        "point",
                        "polygon",
                        "refcursor",
                        "t.nested",
                        "txid_snapshot",
                        "xid",
                        "xml");
    }

    @ParameterizedTest
    @MethodSource("someKeyTypes")
    void aRowHasOnePartitionKeyWhoeverWritesIt(String type) {
        walk(type, "k");
        walk(type, "n, k");
    }

    /** Insert, update, delete and a change of the key, each by a session with other settings. */
    private void walk(String type, String key) {
        database.run("DROP TABLE IF EXISTS t.stage, t.keyed; CREATE TABLE t.stage (id int, k " + type + ");"
                + TypeDatabase.inserts("t.stage", "k", type, all.values(type))
                // What an index takes; of equal values the first.
                + "DELETE FROM t.stage WHERE octet_length(k::text) > 2000;"
                + "DELETE FROM t.stage a USING t.stage b WHERE a.id > b.id AND a.k = b.k;"
                + "CREATE TABLE t.keyed (id int, k " + type + ", n int, v text, PRIMARY KEY (" + key + "));"
                + "SELECT leat.attach('t.keyed')");
        Map<String, String> keys = new HashMap<>();
        database.rows("SELECT id, leat_internal.partition_key('t.keyed.' || "
                        + (key.equals("k") ? "k::text" : "ROW(7, k)::text") + ") FROM t.stage")
                .forEach(row -> keys.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
        assertThat(Set.copyOf(keys.values())).as("distinct keys").hasSameSizeAs(keys.keySet());

        database.run("INSERT INTO t.keyed SELECT id, k, 7, 'one' FROM t.stage ORDER BY id");
        expect("c", "after", keys);
        database.run(OTHER_SETTINGS + "UPDATE t.keyed SET v = 'two'" + ISO);
        expect("u", "after", keys);
        database.run(OTHER_SETTINGS + "DELETE FROM t.keyed" + ISO);
        expect("d", "before", keys);
        database.run(OTHER_SETTINGS + "INSERT INTO t.keyed SELECT id, k, 7, 'three' FROM t.stage ORDER BY id" + ISO);
        expect("c", "after", keys);
        if (keys.size() > 1) {
            changeKey(keys);
        }
        database.run("DROP TABLE t.keyed");
    }

    private void expect(String op, String image, Map<String, String> keys) {
        List<Received> arrived = all.changes().next(keys.size());
        assertThat(arrived).hasSize(keys.size());
        for (Received record : arrived) {
            assertThat(record.op()).isEqualTo(op);
            assertThat(record.partitionKey())
                    .isEqualTo(keys.get(record.json().get(image).get("id").asText()));
            assertThat(record.json().get("key").get("k"))
                    .isEqualTo(record.json().get(image).get("k"));
        }
    }

    /** One row goes, and another takes its key. */
    private void changeKey(Map<String, String> keys) {
        List<String> ids = new ArrayList<>(new TreeSet<>(keys.keySet()));
        database.run("DELETE FROM t.keyed WHERE id = " + ids.get(0));
        database.run(OTHER_SETTINGS + "UPDATE t.keyed SET k = s.k FROM t.stage s WHERE s.id = " + ids.get(0)
                + " AND keyed.id = " + ids.get(1) + ISO);
        List<Received> arrived = all.changes().next(3);
        assertThat(arrived)
                .extracting(record -> record.op() + " " + record.partitionKey())
                .containsExactlyInAnyOrder(
                        "d " + keys.get(ids.get(0)), "d " + keys.get(ids.get(1)), "c " + keys.get(ids.get(0)));
        long gone = arrived.stream()
                .filter(record ->
                        record.op().equals("d") && record.partitionKey().equals(keys.get(ids.get(0))))
                .findFirst()
                .orElseThrow()
                .id();
        assertThat(arrived)
                .filteredOn(record -> record.op().equals("c"))
                .singleElement()
                .matches(record -> record.id() > gone);
    }

    /** Its text depends on lc_monetary, which a session may set to whatever locale the server's machine has. */
    @Test
    void moneyIsTheSameKeyInEveryLocale() {
        List<String> locales = new ArrayList<>();
        database.rows(
                        "SELECT DISTINCT collcollate FROM pg_collation WHERE collprovider = 'c' AND collcollate ~ '^(de|en|fr|ja)_'")
                .forEach(row -> locales.add(String.valueOf(row.get(0))));
        System.out.println("locales for lc_monetary: " + (locales.isEmpty() ? "none but C on this machine" : locales));
        locales.add("C");
        database.run("CREATE TABLE t.priced (k money PRIMARY KEY, v int); SELECT leat.attach('t.priced');"
                + " INSERT INTO t.priced VALUES ('-12.34', 0)");
        locales.forEach(locale -> database.run("SET lc_monetary = '" + locale + "'; UPDATE t.priced SET v = v + 1"));

        assertThat(all.changes().next(1 + locales.size()))
                .allMatch(record -> record.partitionKey().equals("t.priced.-$12.34"));
        assertThat(database.value(
                        "SELECT proconfig @> '{lc_monetary=C}' FROM pg_proc WHERE oid = (SELECT tgfoid FROM pg_trigger"
                                + " WHERE tgrelid = 't.priced'::regclass AND tgname = '!leat_capture')"))
                .isEqualTo("t");
        database.run("DROP TABLE t.priced");
    }

    /** The index holds them equal, the stream goes by their text: a change of the text is a change of the key. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    numeric          | 1.0            | 1.00
                    double precision | 0              | -0
                    interval         | 1 day          | 24:00:00
                    jsonb            | [1.0]          | [1.00]
                    numeric[]        | {1.0}          | {1.00}
                    numrange         | [1.0,2)        | [1.00,2)
                    citext           | key            | KEY
                    text COLLATE t.anycase | key      | KEY
                    """)
    void equalKeysOfDifferentTextAreTwoPartitionKeys(String type, String first, String second) {
        if (type.startsWith("citext") && !all.types().contains("citext")) {
            return;
        }
        database.run(
                "CREATE COLLATION IF NOT EXISTS t.anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
                        + "CREATE TABLE t.equals (k " + type + " PRIMARY KEY, v int); SELECT leat.attach('t.equals')");
        assertThat(database.value("SELECT '" + first + "'::" + type + " = '" + second + "'::"
                        + type.replaceAll(" COLLATE.*", "")))
                .isEqualTo("t");

        database.run("INSERT INTO t.equals VALUES ('" + first + "', 1); UPDATE t.equals SET k = '" + second
                + "', v = 2; UPDATE t.equals SET v = 3");

        List<Received> arrived = all.changes().next(4);
        assertThat(arrived)
                .filteredOn(record -> record.partitionKey().equals("t.equals." + first))
                .extracting(Received::op)
                .containsExactly("c", "d");
        assertThat(arrived)
                .filteredOn(record -> record.partitionKey().equals("t.equals." + second))
                .extracting(Received::op)
                .containsExactly("c", "u");
        database.run("DROP TABLE t.equals");
    }
}
