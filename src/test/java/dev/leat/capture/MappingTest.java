package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Partition keys and attributes that are made of columns: the option mapping of leat.attach. */
@Tag("postgres")
class MappingTest extends CaptureFixture {

    private static final String CUSTOMER = "{\"attributes\": ["
            + "{\"name\": \"full\", \"text\": [{\"column\": \"last\"}, \", \", {\"column\": \"first\"}]},"
            + "{\"name\": \"id\", \"text\": [{\"column\": \"id\"}]},"
            + "{\"name\": \"born_on\", \"column\": \"born\"},"
            + "{\"name\": \"home\", \"members\": [{\"name\": \"at\", \"members\": [{\"name\": \"city\", \"text\": [{\"column\": \"city\"}]}]}]}]";

    private void table() {
        run(
                "CREATE TABLE public.t (id int PRIMARY KEY, first text, last text, city text, born date, paid numeric(10,2))");
    }

    private void attach(String mapping, String more) {
        run("SELECT leat.attach('public.t', mapping => '" + mapping.replace("'", "''") + "'" + more + ")");
    }

    private static String text(String type, String parts) {
        return "{\"key\": {\"type\": \"" + type + "\", \"text\": [" + parts + "]}}";
    }

    /** By name, dynamically after DDL, and by a function that is written anew. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "schema-table | | public.t | null",
                "constant | \"galley\" | galley | {\"key\":\"galley\"}",
                "constant | \"a.b\" | ~a.b | {\"key\":\"a.b\"}",
                "constant | \"sha256:1\" | ~sha256:1 | {\"key\":\"sha256:1\"}",
                "constant | \"it''s {{key}} \\\\ \" | it's {{key}} \\ | {\"key\":\"it's {{key}} \\\\ \"}",
                "attribute-name | {\"column\": \"last\"}, \", \", {\"column\": \"first\"} | Roe, Ada | {\"key\":\"Roe, Ada\"}",
                "attribute-name | \"d-\", {\"column\": \"born\"} | d-2001-02-03 | {\"key\":\"d-2001-02-03\"}",
                "attribute-name | {\"column\": \"paid\"}, \"/\", {\"column\": \"id\"} | 1.50/1 | {\"key\":\"1.50/1\"}",
                "attribute-name | \"<\", {\"column\": \"city\"}, \">\" | <> | {\"key\":\"<>\"}",
                "attribute-name | {\"column\": \"city\"} | ~ | {\"key\":\"\"}",
            })
    void thePartitionKeyIsTheText(String type, String parts, String partitionKey, String key) {
        table();
        String mapping =
                parts == null ? "{\"key\": {\"type\": \"" + type + "\"}}" : text(type, parts.replace("''", "'"));
        attach(mapping, ", format => 'dms:partition-value', exclude => '{first}'");
        for (int pass = 1; pass <= 3; pass++) {
            run("INSERT INTO public.t VALUES (1, 'Ada', 'Roe', NULL, '2001-02-03', 1.5)");
            assertThat(last().partitionKey().strip()).isEqualTo(partitionKey);
            assertThat(String.valueOf(last().key())).isEqualTo(key);
            assertThat(last().held()).isTrue();
            assertThat(last().lane())
                    .isEqualTo(
                            Integer.parseInt(
                                    String.valueOf(
                                            database.value(
                                                    "SELECT leat_internal.lane_of(partition_key) FROM leat_internal.outbox ORDER BY id DESC LIMIT 1"))));
            assertThat(database.value("SELECT DISTINCT format FROM leat_internal.outbox"))
                    .isEqualTo("dms:partition-value:key=" + type);
            run("DELETE FROM public.t");
            assertThat(changes().get(1)).startsWith("d " + last().partitionKey() + " {\"id\":1}");
            forget();
            run(pass == 1 ? "ALTER TABLE public.t ADD COLUMN late int" : "SELECT leat.refresh()");
        }
    }

    @Test
    void aRowThatGetsAnotherTextLeavesTheOneBefore() {
        table();
        attach(text("attribute-name", "\"c-\", {\"column\": \"city\"}"), "");
        run("INSERT INTO public.t (id, city) VALUES (1, 'Ulm')");
        run("UPDATE public.t SET paid = 1");
        run("UPDATE public.t SET city = 'Bonn'");
        run("TRUNCATE public.t");
        assertThat(changes().stream().limit(4).map(change -> change.replaceAll(" [{n].*", "")))
                .containsExactly("c c-Ulm", "u c-Ulm", "d c-Ulm", "c c-Bonn");
        assertThat(last().partitionKey()).isEqualTo("public.t()#63");
        assertThat(captured()).allMatch(Captured::held);
    }

    @Test
    void aLongTextIsHashedAndATableWithoutAPrimaryKeyNeedsNoOtherKey() {
        run("CREATE TABLE public.t (id int, last text)");
        attach(text("attribute-name", "{\"column\": \"last\"}"), "");
        run("INSERT INTO public.t VALUES (1, repeat('x', 257))");
        assertThat(last().partitionKey()).startsWith("sha256:").hasSize(71);
        assertThat(database.rows("SELECT key_columns, held, problems, mapping FROM leat.attached()"))
                .containsExactly(List.of(
                        "{}",
                        "t",
                        "{}",
                        "{\"key\": {\"text\": [{\"column\": \"last\"}], \"type\": \"attribute-name\"}}"));
    }

    @Test
    void aColumnOfTheMappingMayBeRenamedAndNotDropped() {
        table();
        attach(text("attribute-name", "\"c-\", {\"column\": \"city\"}"), "");
        run("ALTER TABLE public.t RENAME city TO town");
        run("INSERT INTO public.t (id, town) VALUES (1, 'Ulm')");
        assertThat(last().partitionKey()).isEqualTo("c-Ulm");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t (id, town) VALUES (2, 'Bonn')");
        assertThat(last().partitionKey()).isEqualTo("c-Bonn");
        run("ALTER TABLE public.t DROP town");
        run("INSERT INTO public.t (id) VALUES (3)");
        assertThat(last().fault()).contains("a column of its mapping is gone");
    }

    @Test
    void attributesAreMadeOfColumnsHoweverTheRowIsCaptured() {
        table();
        attach(CUSTOMER + "}", ", exclude => '{first,last,city}', format => 'dms', rename => '{paid=sum}'");
        String expected =
                "{\"id\":\"1\",\"born\":\"2001-02-03\",\"sum\":1.50,\"full\":\"Roe, Ada\",\"born_on\":\"2001-02-03\","
                        + "\"home\":{\"at\":{\"city\":\"Ulm\"}}}";
        for (int pass = 1; pass <= 3; pass++) {
            run(
                    "INSERT INTO public.t (id, first, last, city, born, paid) VALUES (1, 'Ada', 'Roe', 'Ulm', '2001-02-03', 1.5)");
            run("DELETE FROM public.t");
            assertThat(changes())
                    .as("pass " + pass)
                    .containsExactly("c public.t.1 null -> " + expected, "d public.t.1 {\"id\":\"1\"} -> null");
            forget();
            run(pass == 1 ? "ALTER TABLE public.t ADD COLUMN late int" : "SELECT leat.refresh()");
        }
        attach(
                CUSTOMER + "}",
                ", exclude => '{first,last,city}', format => 'dms', rename => '{paid=sum}', capture => 'statement'");
        run(
                "INSERT INTO public.t (id, first, last, city, born, paid) VALUES (1, 'Ada', 'Roe', 'Ulm', '2001-02-03', 1.5)");
        assertThat(changes()).containsExactly("c public.t.1 null -> " + expected);
    }

    @Test
    void aDocumentHoldsTheColumnsAndADeletedRowItsKeyAlone() {
        table();
        attach(CUSTOMER + ", \"document\": true}", ", exclude => '{first,last,city}', format => 'dms:null-and-empty'");
        run("INSERT INTO public.t (id, first, paid) VALUES (1, 'Ada', 0)");
        run("DELETE FROM public.t");
        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"_doc\":{\"id\":1,\"born\":null,\"paid\":0.00},\"full\":\", Ada\",\"id\":\"1\","
                                + "\"born_on\":null,\"home\":{\"at\":{\"city\":null}}}",
                        "d public.t.1 {\"_doc\":{\"id\":1,\"born\":null,\"paid\":null},\"full\":null,\"id\":\"1\",\"born_on\":null,"
                                + "\"home\":null} -> null");
    }

    @Test
    void anotherFormatHasTheAttributesInBothImages() {
        table();
        attach(
                "{\"attributes\": [{\"name\": \"full\", \"text\": [{\"column\": \"last\"}]}]}",
                ", exclude => '{first,city,born,paid}'");
        run("INSERT INTO public.t (id, last) VALUES (1, 'Roe')");
        run("UPDATE public.t SET last = NULL");
        assertThat(last().change())
                .isEqualTo(
                        "u public.t.1 {\"id\":1,\"last\":\"Roe\",\"full\":\"Roe\"} -> {\"id\":1,\"last\":null,\"full\":null}");
    }

    /** What a mask hides is hidden in an attribute too, whatever the column is called. */
    @Test
    void anAttributeOfAMaskedColumnIsMadeOfItsMask() {
        table();
        attach(
                "{\"attributes\": [{\"name\": \"a\", \"text\": [\"x\", {\"column\": \"city\"}]}, {\"name\": \"b\", \"column\": \"city\"}]}",
                ", mask => '{city=digits}', exclude => '{first,last,born,paid}'");
        run("INSERT INTO public.t (id, city) VALUES (1, 'K12')");
        String masked = "\"city\":\"K##\",\"a\":\"xK##\",\"b\":\"K##\"}";
        assertThat(last().after()).isEqualTo("{\"id\":1," + masked);
        run("ALTER TABLE public.t RENAME city TO town");
        run("INSERT INTO public.t (id, town) VALUES (2, 'K12')");
        assertThat(last().after()).isEqualTo("{\"id\":2," + masked.replace("city", "town"));
    }

    @Test
    void noCastOfAUsersTypeIsCalled() {
        run("CREATE TYPE public.pair AS (a int, b text); CREATE TABLE public.seen (v text);"
                + " CREATE FUNCTION public.spy(public.pair) RETURNS text LANGUAGE plpgsql AS"
                + " $$ BEGIN INSERT INTO public.seen VALUES ('called'); RETURN 'called'; END $$;"
                + " CREATE CAST (public.pair AS text) WITH FUNCTION public.spy(public.pair) AS IMPLICIT;"
                + " CREATE FUNCTION public.spy_json(public.pair) RETURNS json LANGUAGE plpgsql AS"
                + " $$ BEGIN INSERT INTO public.seen VALUES ('called'); RETURN '1'; END $$;"
                + " CREATE CAST (public.pair AS json) WITH FUNCTION public.spy_json(public.pair)");
        for (String format : List.of("dms", "debezium")) {
            run("CREATE TABLE public.t (id int PRIMARY KEY, v public.pair)");
            attach(
                    "{\"key\": {\"type\": \"attribute-name\", \"text\": [{\"column\": \"v\"}]},"
                            + " \"attributes\": [{\"name\": \"a\", \"text\": [{\"column\": \"v\"}]}, {\"name\": \"b\", \"column\": \"v\"}]}",
                    ", exclude => '{v}', format => '" + format + "'");
            run("INSERT INTO public.t VALUES (1, ROW(1, 'x'))");
            assertThat(last().after()).isEqualTo("{\"id\":1,\"a\":\"(1,x)\",\"b\":\"(1,x)\"}");
            assertThat(last().partitionKey()).isEqualTo("(1,x)");
            run("ALTER TABLE public.t ADD late int");
            run("INSERT INTO public.t VALUES (2, ROW(1, 'x'))");
            assertThat(last().after())
                    .isEqualTo("{\"id\":2,\"late\":null,\"a\":\"(1,x)\",\"b\":\"(1,x)\"}"
                            .replace(format.equals("dms") ? "\"late\":null," : "-", ""));
            run("DROP TABLE public.t; SELECT leat.refresh()");
        }
        assertThat(database.rows("SELECT * FROM public.seen")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | it is no object with a key, a document or attributes",
                "{} | it is no object with a key, a document or attributes",
                "{\"keys\": 1} | it is no object with a key, a document or attributes",
                "{\"key\": {\"type\": \"transaction-id\"}} | its key has no type of",
                "{\"key\": {\"type\": \"constant\"}} | its key has no type of",
                "{\"key\": {\"type\": \"constant\", \"column\": \"id\"}} | its key has no type of",
                "{\"key\": {\"type\": \"constant\", \"text\": []}} | its key has no type of",
                "{\"key\": {\"type\": \"constant\", \"text\": [1]}} | its key has no type of",
                "{\"key\": {\"type\": \"schema-table\", \"text\": [\"a\"]}} | its key has no type of",
                "{\"key\": {\"type\": \"constant\", \"text\": [{\"column\": \"no\"}]}} | has no column \"no\" for its mapping",
                "{\"document\": false} | document is true, or is left out",
                "{\"document\": true, \"attributes\": [{\"name\": \"_doc\", \"column\": \"id\"}]} | the name of the document, _doc",
                "{\"attributes\": []} | \"attributes\" has no list of members",
                "{\"attributes\": [{\"column\": \"id\"}]} | an attribute has no name",
                "{\"attributes\": [{\"name\": \"a\"}]} | \"a\" has not one of text, column and members",
                "{\"attributes\": [{\"name\": \"a\", \"column\": 1}]} | \"a\" names no column",
                "{\"attributes\": [{\"name\": \"a\", \"column\": \"id\"}, {\"name\": \"a\", \"column\": \"id\"}]} | two are called \"a\"",
                "{\"attributes\": [{\"name\": \"a\", \"members\": [{\"name\": \"b\", \"column\": \"no\"}]}]} | has no column \"no\" for its mapping",
            })
    void whatCannotBeIsRefusedAndNothingIsAttached(String mapping, String refusal) throws Exception {
        table();
        assertRefused("mapping => '" + mapping + "'", refusal);
    }

    @Test
    void aKeyIsGivenOnceAndIsNotMasked() throws Exception {
        table();
        String key = "mapping => '" + text("attribute-name", "{\"column\": \"city\"}") + "'";
        assertRefused(
                key + ", mask => '{city=hash}'",
                "column \"city\" is masked, and its value leaves in the partition key");
        assertRefused(key + ", key => '{id}'", "mapping has the key, and key asks for another");
        assertRefused(key + ", without_key => 'table'", "mapping has the key, and without_key asks for another");
        assertRefused(key + ", capture => 'statement'", "cannot be captured by the statement");
    }

    private void assertRefused(String options, String refusal) throws Exception {
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', " + options + ")")
                            .message())
                    .contains(refusal);
        }
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }
}
