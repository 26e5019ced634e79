package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of unusual structure, from an insert to the stream. */
@Tag("postgres")
class ShapesTest {

    private final TestDatabase database = TestServer.shared().database();
    private final Changes changes = start();

    private Changes start() {
        try {
            return new Changes(database);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void end() {
        changes.close();
        database.close();
    }

    private Received insertedUpdatedDeleted(String table, String update) {
        String before = row(table);
        assertThat(changes.next(1).get(0).text()).startsWith("{\"before\":null,\"after\":" + before + ",\"key\":{");
        database.run("UPDATE " + table + " SET " + update);
        String after = row(table);
        Received record = changes.next(1).get(0);
        assertThat(record.text()).startsWith("{\"before\":" + before + ",\"after\":" + after + ",\"key\":{");
        assertThat(after).isNotEqualTo(before);
        record.requireDistinctNames();
        database.run("DELETE FROM " + table);
        assertThat(changes.next(1).get(0).text()).startsWith("{\"before\":" + after + ",\"after\":null,\"key\":{");
        return record;
    }

    private String row(String table) {
        return String.valueOf(database.value("SELECT row_to_json(t) FROM " + table + " t"));
    }

    @Test
    void aTableOf1600Columns() {
        database.run("DO $$ BEGIN EXECUTE 'CREATE TABLE public.wide (' ||"
                + " (SELECT string_agg(format('c%s int', n), ', ') FROM generate_series(1, 1600) n) || ', PRIMARY KEY (c800))';"
                + " PERFORM leat.attach('public.wide');"
                + " EXECUTE 'INSERT INTO public.wide VALUES (' || (SELECT string_agg(n::text, ', ') FROM generate_series(1, 1600) n) || ')';"
                + " END $$");

        Received record = insertedUpdatedDeleted("public.wide", "c1600 = NULL");

        assertThat(record.json().get("after").size()).isEqualTo(1600);
        assertThat(record.partitionKey()).isEqualTo("public.wide.800");
    }

    @Test
    void aTableOf1600ColumnsOfWhichOneIsLeftOut() {
        database.run("DO $$ BEGIN EXECUTE 'CREATE TABLE public.wide (' ||"
                + " (SELECT string_agg(format('c%s int', n), ', ') FROM generate_series(1, 1600) n) || ', PRIMARY KEY (c800))';"
                + " PERFORM leat.attach('public.wide', exclude => '{c1}', mask => '{c2}');"
                + " EXECUTE 'INSERT INTO public.wide VALUES (' || (SELECT string_agg(n::text, ', ') FROM generate_series(1, 1600) n) || ')';"
                + " END $$");

        Received record = changes.next(1).get(0);

        assertThat(record.json().get("after").size()).isEqualTo(1599);
        assertThat(record.json().get("after").has("c1")).isFalse();
        assertThat(record.json().get("after").get("c2").textValue()).isEqualTo("***");
    }

    @Test
    void droppedColumnsAreGoneAndAddedOnesAreThere() {
        database.run(
                "CREATE TABLE public.t (a int, id int PRIMARY KEY, b text DEFAULT 'b', c int);"
                        + " ALTER TABLE public.t DROP a; SELECT leat.attach('public.t'); ALTER TABLE public.t DROP c;"
                        + " ALTER TABLE public.t ADD d text DEFAULT 'd', ADD \"a\" int DEFAULT 7; INSERT INTO public.t (id) VALUES (1)");

        Received record = insertedUpdatedDeleted("public.t", "d = 'new'");

        assertThat(record.text()).contains("\"after\":{\"id\":1,\"b\":\"b\",\"d\":\"new\",\"a\":7}");
    }

    @Test
    void generatedAndIdentityColumnsHaveTheirValues() {
        database.run("CREATE TABLE public.t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int,"
                + " twice int GENERATED ALWAYS AS (n * 2) STORED, s serial); SELECT leat.attach('public.t');"
                + " INSERT INTO public.t (n) VALUES (21)");

        Received record = insertedUpdatedDeleted("public.t", "n = 4");

        assertThat(record.text()).contains("\"after\":{\"id\":1,\"n\":4,\"twice\":8,\"s\":1}");
    }

    @Test
    void virtualGeneratedColumnsAreLeftOut() {
        if ("t".equals(database.value("SELECT current_setting('server_version_num')::int < 180000"))) {
            System.out.println("no virtual generated columns before PostgreSQL 18");
            return;
        }
        database.run(
                "CREATE TABLE public.t (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) VIRTUAL, v text);"
                        + " SELECT leat.attach('public.t'); INSERT INTO public.t (id, v) VALUES (1, 'x')");

        assertThat(changes.next(1).get(0).text())
                .startsWith(Received.beginning("null", "{\"id\":1,\"v\":\"x\"}", "{\"id\":1}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "two words",
                "quo\"te",
                "it's",
                "dotted.name",
                "back\\slash",
                "emoji 🦊",
                "line\nbreak",
                "CamelCase",
                "schlüssel",
                "sixty_three_bytes_sixty_three_bytes_sixty_three_bytes_sixty_thr"
            })
    void awkwardNamesOfSchemaTableAndColumn(String name) {
        String quoted = '"' + name.replace("\"", "\"\"") + '"';
        String table = quoted + "." + quoted;
        database.run("CREATE SCHEMA " + quoted + "; CREATE TABLE " + table + " (" + quoted
                + " text PRIMARY KEY, v int);" + " SELECT leat.attach('" + table.replace("'", "''") + "'); INSERT INTO "
                + table + " VALUES ('k', 1)");

        Received record = insertedUpdatedDeleted(table, "v = 2");

        assertThat(record.json().get("source").get("schema").textValue()).isEqualTo(name);
        assertThat(record.json().get("source").get("table").textValue()).isEqualTo(name);
        assertThat(record.json().get("key").get(name).textValue()).isEqualTo("k");
        assertThat(record.partitionKey())
                .isEqualTo(database.value("SELECT quote_ident(s) || '.' || quote_ident(s) || '.k' FROM (VALUES ('"
                        + name.replace("'", "''") + "')) AS v (s)"));
    }
}
