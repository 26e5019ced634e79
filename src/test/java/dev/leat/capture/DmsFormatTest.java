package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The images of a table in the format {@code dms}: the values are DMS's, however the row was captured. */
@Tag("postgres")
class DmsFormatTest extends CaptureFixture {

    /** The type, a value in SQL, and the member of {@code data}; no member: the value is left out. */
    private static final String[][] VALUES = {
        {"boolean", "true", "true"},
        {"smallint", "-7", "-7"},
        {"integer", "2147483647", "2147483647"},
        {"bigint", "9223372036854775807", "9223372036854775807"},
        {"real", "2.2", "2.2"},
        {"double precision", "20", "20"},
        {"double precision", "'NaN'", "\"NaN\""},
        {"numeric", "12345678901234567890.123456789", "12345678901234567890.123456789"},
        {"numeric(10,2)", "1.5", "1.50"},
        {"text", "'a \"word\"'", "\"a \\\"word\\\"\""},
        {"text", "''", null},
        {"varchar(10)", "'x'", "\"x\""},
        {"varchar(10)", "NULL", null},
        {"char(5)", "'ab'", "\"ab\""},
        {"char(5)", "''", null},
        {"date", "'2021-09-26'", "\"2021-09-26\""},
        {"time", "'01:02:03.5'", "\"01:02:03.5\""},
        {"timestamp", "'2010-11-01 00:02:00.1'", "\"2010-11-01T00:02:00.100000Z\""},
        {"timestamp", "'2010-11-01 00:02:00'", "\"2010-11-01T00:02:00Z\""},
        {"timestamp", "'12345-01-02 03:04:05'", "\"12345-01-02T03:04:05Z\""},
        {"timestamp", "'infinity'", "\"infinity\""},
        {"timestamptz", "'2021-08-19 13:20:47.000001+02'", "\"2021-08-19T11:20:47.000001Z\""},
        {"timestamptz", "'0044-03-15 00:00:00+00 BC'", "\"0044-03-15 00:00:00+00 BC\""},
        {"interval", "'1 day 4 hours'", "\"1 day 04:00:00\""},
        {"uuid", "'6f1b1f5e-0d54-4b0e-9d0f-1f3a5d1c2b3a'", "\"6f1b1f5e-0d54-4b0e-9d0f-1f3a5d1c2b3a\""},
        {"json", "'{\"foo\": \"bar\"}'", "\"{\\\"foo\\\": \\\"bar\\\"}\""},
        {"jsonb", "'{\"foo\":null}'", "\"{\\\"foo\\\": null}\""},
        {"bytea", "'\\x00ff'", "\"0x00ff\""},
        {"money", "1234.5", "1234.50"},
        {"inet", "'10.0.0.1/8'", "\"10.0.0.1/8\""},
        {"int4range", "'[1,5)'", "\"[1,5)\""},
        {"point", "'(1,2)'", "\"(1,2)\""},
        {"integer[]", "'{1,NULL,3}'", "\"{1,NULL,3}\""},
        {"bit(4)", "B'1010'", "\"1010\""},
        {"public.colour", "'red'", "\"red\""},
        {"public.amount", "3.50", "3.50"},
        {"public.moment", "'2010-11-01 00:02:00.1+00'", "\"2010-11-01T00:02:00.100000Z\""},
        {"public.flag", "false", "false"},
        {"public.code", "'ab'", "\"ab\""},
        {"public.bytes", "'\\x00ff'", "\"0x00ff\""},
        {"public.pair", "ROW(1,'x y')", "\"(1,\\\"x y\\\")\""},
        {"public.price", "1.25", "1.25"},
    };

    private void types() {
        run("CREATE TYPE public.colour AS ENUM ('red'); CREATE DOMAIN public.amount AS numeric(10,2);"
                + " CREATE DOMAIN public.moment AS timestamptz; CREATE DOMAIN public.flag AS boolean;"
                + " CREATE DOMAIN public.code AS char(5); CREATE DOMAIN public.bytes AS bytea;"
                + " CREATE TYPE public.pair AS (a int, b text); CREATE DOMAIN public.price AS money");
    }

    private static String columns() {
        StringBuilder columns = new StringBuilder();
        for (int i = 0; i < VALUES.length; i++) {
            columns.append(", c").append(i).append(' ').append(VALUES[i][0]);
        }
        return columns.toString();
    }

    private static String values() {
        return Stream.of(VALUES).map(value -> ", " + value[1]).reduce("", String::concat);
    }

    private static String expected(int id) {
        StringBuilder data = new StringBuilder("{\"id\":" + id);
        for (int i = 0; i < VALUES.length; i++) {
            if (VALUES[i][2] != null) {
                data.append(",\"c").append(i).append("\":").append(VALUES[i][2]);
            }
        }
        return data.append('}').toString();
    }

    /** By name, by the transition table where it can be, and dynamically after DDL. */
    @Test
    void eachTypeHasItsFormHoweverItIsCaptured() {
        types();
        run("CREATE TABLE public.t (id int PRIMARY KEY" + columns() + ")");
        run("SELECT leat.attach('public.t', format => 'dms')");
        run(
                "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'ISO, DMY'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'escape';"
                        + " INSERT INTO public.t VALUES (1" + values() + ")");
        assertThat(last().after()).isEqualTo(expected(1));

        run("ALTER TABLE public.t ADD COLUMN late public.colour");
        run("INSERT INTO public.t VALUES (2" + values() + ", NULL)");
        assertThat(last().after()).isEqualTo(expected(2));
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (3" + values() + ", NULL)");
        assertThat(last().after()).isEqualTo(expected(3));
    }

    @Test
    void byTheStatementToo() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, at timestamptz, note text, doc jsonb)");
        run("SELECT leat.attach('public.t', format => 'dms', capture => 'statement')");
        run("INSERT INTO public.t VALUES (1, '2021-08-19 11:20:47Z', '', '[1]')");
        run("UPDATE public.t SET note = 'x'");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"at\":\"2021-08-19T11:20:47Z\",\"doc\":\"[1]\"}",
                        "u public.t.1 null -> {\"id\":1,\"at\":\"2021-08-19T11:20:47Z\",\"note\":\"x\",\"doc\":\"[1]\"}",
                        "d public.t.1 {\"id\":1} -> null",
                        "c public.t.2 null -> {\"id\":2,\"at\":\"2021-08-19T11:20:47Z\",\"note\":\"x\",\"doc\":\"[1]\"}",
                        "d public.t.2 {\"id\":2} -> null");
    }

    /** What an event has of the old row: what DMS sends of a deleted row, and the before image. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dms | null | {\"id\":1}",
                "dms:null-and-empty | null | {\"id\":1,\"at\":null,\"note\":null}",
                "dms:before-image=old | null | {\"id\":1}",
                "dms:before-image=old:before-image-columns=pk-only | null | {\"id\":1}",
                "dms:before-image=old:before-image-columns=all | {\"id\":1,\"at\":\"2021-08-19T11:20:47Z\"}"
                        + " | {\"id\":1,\"at\":\"2021-08-19T11:20:47Z\"}",
            })
    void theOldRowIsWhatTheOptionsSay(String format, String updated, String deleted) {
        for (String capture : List.of("row", "statement")) {
            run("CREATE TABLE public.t (id int PRIMARY KEY, at timestamp, note text)");
            run("SELECT leat.attach('public.t', format => '" + format + "', capture => '" + capture + "')");
            run("INSERT INTO public.t VALUES (1, '2021-08-19 11:20:47', '')");
            run("UPDATE public.t SET note = note");
            assertThat(String.valueOf(last().before())).isEqualTo(updated);
            run("DELETE FROM public.t");
            assertThat(last().before()).isEqualTo(deleted);
            run("DROP TABLE public.t; SELECT leat.refresh()");
            forget();
        }
    }

    @Test
    void nullsAndEmptyTextsAreThereIfAskedFor() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, a text, b text, c char(3), d bytea, e jsonb)");
        run("SELECT leat.attach('public.t', format => 'dms:null-and-empty:no-hex-prefix', mask => '{b}')");
        run("INSERT INTO public.t VALUES (1, '', 'secret', '', '\\x00ff', NULL)");
        assertThat(last().after())
                .isEqualTo("{\"id\":1,\"a\":\"\",\"b\":\"***\",\"c\":\"\",\"d\":\"00ff\",\"e\":null}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"key => '{v}'", "without_key => 'table'", "without_key => 'whole-row'", "key => '{id}'"})
    void theFormatSaysWhatTheKeyIs(String key) {
        run("CREATE TABLE public.t (id int " + (key.contains("id") ? "PRIMARY KEY" : "NOT NULL") + ", v text)");
        run("SELECT leat.attach('public.t', format => 'dms', " + key + ")");
        run("INSERT INTO public.t VALUES (1, 'x')");
        @Nullable
        String format =
                database.rows("SELECT format FROM leat_internal.outbox").get(0).get(0);
        assertThat(format)
                .isEqualTo("dms:key="
                        + switch (key) {
                            case "key => '{id}'" -> "primary-key";
                            case "key => '{v}'" -> "attribute-name";
                            default -> "schema-table";
                        });
    }

    /** A cast that the owner of a type creates would run with the rights of Leat's owner. */
    @Test
    void noCastOfAUsersTypeIsCalled() {
        run("CREATE TYPE public.pair AS (a int, b text); CREATE TABLE public.seen (v text);"
                + " CREATE FUNCTION public.spy(public.pair) RETURNS text LANGUAGE plpgsql AS"
                + " $$ BEGIN INSERT INTO public.seen VALUES ('called'); RETURN 'called'; END $$;"
                + " CREATE CAST (public.pair AS text) WITH FUNCTION public.spy(public.pair) AS IMPLICIT;"
                + " CREATE FUNCTION public.spy_json(public.pair) RETURNS json LANGUAGE plpgsql AS"
                + " $$ BEGIN INSERT INTO public.seen VALUES ('called'); RETURN '1'; END $$;"
                + " CREATE CAST (public.pair AS json) WITH FUNCTION public.spy_json(public.pair)");
        run("CREATE TABLE public.t (id int PRIMARY KEY, v public.pair)");
        run("SELECT leat.attach('public.t', format => 'dms')");
        run("INSERT INTO public.t VALUES (1, ROW(1, 'x'))");
        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":\"(1,x)\"}");
        assertThat(database.rows("SELECT * FROM public.seen")).isEmpty();
    }
}
