package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns are added to rows and changed on their way. */
@Tag("postgres")
class TransformTest extends CaptureFixture {

    private void attach(String options) {
        run("SELECT leat.attach('public.t', " + options + ")");
    }

    /** After this, rows are read by the dynamic statement, as after each DDL. */
    private void forceTheDynamicStatement() {
        run(
                "CREATE TYPE public.mood AS ENUM ('good'); ALTER TABLE public.t ADD COLUMN m public.mood; ALTER TABLE public.t DROP COLUMN m; DROP TYPE public.mood");
    }

    /** The type, the value, and what it is for the row {@code (1, 'Ann', 7.50, true, null, '2020-02-03')}. */
    private static final String VALUES = """
            string | 'x' | "x"
            string | 7.50 | "7.50"
            numeric | 7.50 | 7.50
            boolean | true | true
            boolean | {'column':'fee'} | true
            int4 | {'column':'ok'} | 1
            string | {'column':'ok'} | "true"
            string | null | null
            string | {'column':'none'} | null
            numeric | {'column':'fee'} | 7.50
            string | {'column':'day'} | "2020-02-03"
            string | {'header':'schema'} | "public"
            string | {'header':'table'} | "t"
            string | {'header':'operation'} | "INSERT"
            boolean | {'case':[[{'call':'=','of':[{'header':'operation'},'DELETE']},true]],'else':false} | false
            string | {'case':[[{'call':'>','of':[{'column':'fee'},7]},'high'],[{'call':'is-null','of':[{'column':'fee'}]},1]]} | "high"
            string | {'call':'||','of':[{'column':'name'},' ',{'column':'id'}]} | "Ann 1"
            string | {'call':'||','of':[{'column':'name'},{'column':'none'}]} | null
            string | {'call':'upper','of':[{'column':'name'}]} | "ANN"
            string | {'call':'lower','of':['\u00c4B']} | "\u00c4b"
            string | {'call':'trim','of':['  a ']} | "a"
            string | {'call':'rtrim','of':['abcc','c']} | "ab"
            string | {'call':'ltrim','of':['aab','a']} | "b"
            string | {'call':'replace','of':[{'column':'name'},'n','m']} | "Amm"
            string | {'call':'substr','of':[{'column':'name'},2]} | "nn"
            string | {'call':'substr','of':[{'column':'name'},1,2]} | "An"
            numeric | {'call':'length','of':[{'column':'name'}]} | 3
            numeric | {'call':'abs','of':[-4]} | 4
            numeric | {'call':'round','of':[2.55,1]} | 2.6
            numeric | {'call':'round','of':[2.5]} | 3
            numeric | {'call':'*','of':[{'column':'fee'},2]} | 15.00
            numeric | {'call':'-','of':[{'column':'fee'},{'call':'+','of':[1,1]}]} | 5.50
            string | {'call':'coalesce','of':[{'column':'none'},'-']} | "-"
            numeric | {'call':'coalesce','of':[null,{'column':'fee'}]} | 7.50
            string | {'call':'nullif','of':[{'column':'name'},'Ann']} | null
            string | {'call':'hash_sha256','of':['C6BGJ566669K']} | "7CB06784764C9030CCC41E25C15339FEB293FFE9B329A72B5FED564E99900C75"
            boolean | {'call':'and','of':[{'column':'ok'},{'call':'not','of':[{'call':'is-null','of':[{'column':'name'}]}]}]} | true
            boolean | {'call':'<','of':['B','a']} | true
            boolean | {'call':'<','of':[9,10]} | true
            """;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAddedColumnHasItsValue(boolean byName) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, name text, fee numeric, ok boolean, \"none\" text, day date)");
        List<String> added = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (String line : VALUES.lines().toList()) {
            String[] parts = line.strip().split(" [|] ");
            added.add("{'name': 'x" + added.size() + "', 'type': '" + parts[0] + "', 'value': " + parts[1] + "}");
            expected.add("\"x" + expected.size() + "\":" + parts[2]);
        }
        attach("transform => '{\"add\": " + json(added.toString()) + "}'");
        if (!byName) {
            forceTheDynamicStatement();
        }
        run("INSERT INTO public.t VALUES (1, 'Ann', 7.50, true, NULL, '2020-02-03')");
        assertThat(last().after()).endsWith("\"day\":\"2020-02-03\"," + String.join(",", expected) + "}");
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theOperationIsThatOfTheEvent(boolean byName) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        attach(
                "transform => '{\"add\": [{\"name\": \"op\", \"type\": \"string\", \"value\": {\"header\": \"operation\"}}]}'");
        if (!byName) {
            forceTheDynamicStatement();
        }
        run("INSERT INTO public.t VALUES (1, 1)");
        run("UPDATE public.t SET v = 2");
        run("UPDATE public.t SET id = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"v\":1,\"op\":\"INSERT\"}",
                        "u public.t.1 {\"id\":1,\"v\":1} -> {\"id\":1,\"v\":2,\"op\":\"UPDATE\"}",
                        "d public.t.1 {\"id\":1,\"v\":2,\"op\":\"DELETE\"} -> null",
                        "c public.t.2 null -> {\"id\":2,\"v\":2,\"op\":\"INSERT\"}",
                        "d public.t.2 {\"id\":2,\"v\":2,\"op\":\"DELETE\"} -> null");
    }

    /** As AWS DMS has it: a change of the key too shows what the key was. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void updatesShowWhatColumnsWereBefore(boolean byName) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int, note text)");
        attach(
                "before => false, rename => '{v=value}', transform => '{\"before\": {\"prefix\": \"BI_\", \"columns\": \"non-lob\"}}'");
        if (!byName) {
            forceTheDynamicStatement();
        }
        run("INSERT INTO public.t VALUES (1, 1, 'a')");
        run("UPDATE public.t SET v = 2, note = 'b'");
        run("UPDATE public.t SET id = 3");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"id\":1,\"value\":1,\"note\":\"a\"}",
                        "u public.t.1 null -> {\"id\":1,\"value\":2,\"note\":\"b\",\"BI_id\":1,\"BI_value\":1}",
                        "d public.t.1 {\"id\":1} -> null",
                        "c public.t.3 null -> {\"id\":3,\"value\":2,\"note\":\"b\",\"BI_id\":1,\"BI_value\":2}",
                        "d public.t.3 {\"id\":3} -> null");
    }

    @Test
    void valuesAreSentAsStrings() {
        run("CREATE DOMAIN public.age AS int");
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, n bigint, d public.age, b boolean, j jsonb, a int[], t timestamp, s text)");
        List<String> formats = new ArrayList<>(List.of("NULL", "'dms'"));
        for (String format : formats) {
            attach(
                    "format => " + format
                            + ", transform => '{\"types\": {\"id\": \"string\", \"n\": \"string\", \"d\": \"string\", \"b\": \"string\", \"j\": \"string\", \"a\": \"string\", \"s\": \"string\"}}'");
            String written =
                    "{\"id\":\"1\",\"n\":\"9007199254740993\",\"d\":\"3\",\"b\":\"true\",\"j\":\"{\\\"k\\\": [1]}\",\"a\":\""
                            + (format.equals("NULL") ? "[1,2]" : "{1,2}") + "\",\"t\":\"2020-01-01T00:00:00"
                            + (format.equals("NULL") ? "" : "Z") + "\",\"s\":\"x\"}";
            for (int pass = 1; pass <= 2; pass++) {
                run(
                        "INSERT INTO public.t VALUES (1, 9007199254740993, 3, true, '{\"k\": [1]}', '{1,2}', '2020-01-01', 'x')");
                assertThat(captured().get(0).after()).isEqualTo(written);
                run("DELETE FROM public.t");
                forget();
                forceTheDynamicStatement();
            }
        }
    }

    @Test
    void theChangeSequenceGrowsWithTheEvents() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        attach(
                "transform => '{\"add\": [{\"name\": \"seq\", \"type\": \"string\", \"value\": {\"header\": \"change-seq\"}},"
                        + " {\"name\": \"at\", \"type\": \"datetime\", \"value\": {\"header\": \"timestamp\"}},"
                        + " {\"name\": \"lsn\", \"type\": \"string\", \"value\": {\"header\": \"stream-position\"}}]}'");
        run("INSERT INTO public.t SELECT n, n FROM generate_series(1, 50) n");
        List<String> sequences = captured().stream()
                .map(event -> String.valueOf(event.after())
                        .replaceAll(
                                ".*\"seq\":\"([0-9]{35})\",\"at\":\"" + "[0-9-]{10}T[0-9:]{8}(?:[.][0-9]{6})?Z"
                                        + "\",\"lsn\":\"[0-9A-F]+/[0-9A-F]+\".*",
                                "$1"))
                .toList();
        assertThat(sequences)
                .hasSize(50)
                .allMatch(text -> text.length() == 35)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    /** A column that goes takes the added one along, and not the rows. */
    @Test
    void anAddedColumnWithoutItsColumnIsNoLongerAdded() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        attach("transform => '{\"add\": [{\"name\": \"x\", \"type\": \"numeric\", \"value\": {\"column\": \"v\"}}]}'");
        run("ALTER TABLE public.t DROP COLUMN v; INSERT INTO public.t VALUES (1)");
        assertThat(changes()).containsExactly("c public.t.1 null -> {\"id\":1}");
        assertThat(database.value("SELECT problems::text FROM leat.attached()"))
                .contains("reads a column that is gone");
        run("ALTER TABLE public.t ADD COLUMN x int DEFAULT 5, ADD COLUMN v int; INSERT INTO public.t VALUES (2)");
        assertThat(captured().get(1).after()).isEqualTo("{\"id\":2,\"x\":5,\"v\":null}");
    }

    private static final String REFUSED = """
            [] | it is no object
            {'more': 1} | it has more than add, types and before
            {'before': {'columns': 'all'}} | neither a prefix nor a suffix
            {'before': {'prefix': 'x', 'columns': 'key'}} | none of pk-only, non-lob and all
            {'types': {'gone': 'string'}} | has no column "gone"
            {'types': {'v': 'date'}} | cannot become "date"
            {'add': [{'type': 'string'}]} | has no name
            {'add': [{'name': 'v', 'type': 'string'}]} | two columns would be called "v"
            {'add': [{'name': 'x', 'type': 'map'}]} | its type cannot be map
            {'add': [{'name': 'x', 'type': 'string', 'value': {'column': 'gone'}}]} | there is no column "gone"
            {'add': [{'name': 'x', 'type': 'string', 'value': {'column': 'secret'}}]} | there is no column "secret"
            {'add': [{'name': 'x', 'type': 'string', 'value': {'header': 'user'}}]} | there is no header "user"
            {'add': [{'name': 'x', 'type': 'string', 'value': {'call': 'pg_sleep', 'of': [9]}}]} | there is no pg_sleep of 1 values
            {'add': [{'name': 'x', 'type': 'string', 'value': {'call': '=', 'of': ['a', 1]}}]} | = compares a text with a number
            {'add': [{'name': 'x', 'type': 'numeric', 'value': 'a'}]} | its value is a text and cannot be a numeric
            {'add': [{'name': 'x', 'type': 'numeric', 'value': {'call': 'substr', 'of': ['a', -1]}}]} | whole numbers
            {'add': [{'name': 'x', 'type': 'string', 'value': [1]}]} | a value is no list
            """;

    @Test
    void whatCannotBeDoneIsRefused() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int, secret text)");
        for (String line : REFUSED.lines().toList()) {
            String[] parts = line.strip().split(" [|] ");
            assertThatThrownBy(() -> attach("mask => '{secret}', transform => '" + json(parts[0]) + "'"))
                    .hasMessageContaining(parts[1]);
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.attachment"))
                .isEqualTo("0");
    }

    /** They are columns, and so they stand in the document. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void addedColumnsStandInTheDocumentOfAMapping(boolean byName) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        attach("mapping => '{\"document\": true, \"attributes\": [{\"name\": \"no\", \"column\": \"id\"}]}',"
                + " transform => '{\"add\": [{\"name\": \"x\", \"type\": \"string\", \"value\": \"a\"}]}'");
        if (!byName) {
            forceTheDynamicStatement();
        }
        run("INSERT INTO public.t VALUES (1, 2)");
        assertThat(last().after()).isEqualTo("{\"_doc\":{\"id\":1,\"v\":2,\"x\":\"a\"},\"no\":1}");
    }

    @Test
    void itIsNotForCaptureByTheStatement() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v int)");
        assertThatThrownBy(
                        () -> attach(
                                "capture => 'statement', transform => '{\"before\": {\"prefix\": \"BI_\", \"columns\": \"all\"}}'"))
                .hasMessageContaining("columns are added to its rows");
        attach("capture => 'statement', transform => '{\"types\": {\"v\": \"string\"}}'");
        run("INSERT INTO public.t VALUES (1, 2)");
        assertThat(changes()).containsExactly("c public.t.1 null -> {\"id\":1,\"v\":\"2\"}");
    }
}
