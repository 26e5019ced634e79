package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Only the rows that a filter takes are captured. */
@Tag("postgres")
class FilterTest extends CaptureFixture {

    private static String filter(String column, String... conditions) {
        return "{\"column\": \"" + column + "\", \"any\": [" + String.join(", ", conditions) + "]}";
    }

    private static String compared(String operator, String value) {
        return "{\"operator\": \"" + operator + "\", \"value\": \"" + value + "\"}";
    }

    private void attach(String filters) {
        run("SELECT leat.attach('public.t', filter => '[" + filters + "]')");
    }

    /** The column's type, the conditions, and which of three values are taken. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int | {'operator':'eq','value':'10'} | 10 9 NULL | 10",
                "int | {'operator':'noteq','value':'10'} | 10 9 NULL | 9",
                "int | {'operator':'gte','value':'10'} | 10 9 100 | 10 100",
                "int | {'operator':'lte','value':'10'} | 10 9 100 | 10 9",
                "int | {'operator':'between','start':'9','end':'10'} | 10 9 100 | 10 9",
                "int | {'operator':'notbetween','start':'50','end':'75'} | 49 50 76 | 49 76",
                "int | {'operator':'null'} | 1 NULL 2 | NULL",
                "int | {'operator':'notnull'} | 1 NULL 2 | 1 2",
                "int | {'operator':'gte','value':'30'}, {'operator':'lte','value':'36'} | 24 30 40 | 24 30 40",
                "int | {'operator':'eq','value':'10'}, {'operator':'between','start':'50','end':'75'} | 10 11 75 | 10 75",
                "numeric | {'operator':'eq','value':'1.50'} | 1.5 1.51 NULL | 1.5",
                "float8 | {'operator':'lte','value':'0.1'} | 0.1 'NaN' -1 | 0.1 -1",
                "date | {'operator':'gte','value':'2019-01-01'} | '2018-12-31' '2019-01-01' NULL | '2019-01-01'",
                "timestamptz | {'operator':'lte','value':'2020-01-01 00:00:00'} | '2020-01-01Z' '2020-01-01 00:00:01Z' NULL | '2020-01-01Z'",
                "text | {'operator':'eq','value':'a''b{{guard}}\\\\x'} | 'a''b{{guard}}\\x' 'A' NULL | 'a''b{{guard}}\\x'",
                "text | {'operator':'between','start':'B','end':'a'} | 'B' 'a' 'b' | 'B' 'a'",
                "char(4) | {'operator':'eq','value':'ab'} | 'ab' 'b' NULL | 'ab'",
                "bit(4) | {'operator':'eq','value':'1010'} | B'1010' B'1011' NULL | B'1010'",
                "boolean | {'operator':'eq','value':'true'} | true false NULL | true",
                "uuid | {'operator':'eq','value':'6F1B1F5E-0d54-4b0e-9d0f-1f3a5d1c2b3a'}"
                        + " | '6f1b1f5e-0d54-4b0e-9d0f-1f3a5d1c2b3a' NULL NULL | '6f1b1f5e-0d54-4b0e-9d0f-1f3a5d1c2b3a'",
                "public.mood | {'operator':'eq','value':'bad'} | 'bad' 'good' NULL | 'bad'",
                "public.mood | {'operator':'noteq','value':'bad'} | 'bad' 'good' NULL | 'good'",
                "public.age | {'operator':'gte','value':'18'} | 17 18 100 | 18 100",
            })
    void eachOperatorTakesItsRows(String type, String conditions, String values, String taken) {
        run("CREATE TYPE public.mood AS ENUM ('good', 'bad'); CREATE DOMAIN public.age AS int CHECK (VALUE > 0)");
        run("CREATE TABLE public.t (id int PRIMARY KEY, v " + type + ")");
        attach("{\"column\": \"v\", \"any\": ["
                + conditions.replace("''", "\u0001").replace('\'', '"').replace("\u0001", "''") + "]}");
        String[] all = values.replace("01 00", "01_00").split(" ");
        for (int pass = 1; pass <= 2; pass++) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < all.length; i++) {
                int id = 10 * pass + i;
                run("INSERT INTO public.t (id, v) VALUES (" + id + ", " + all[i].replace('_', ' ') + ")");
                if (List.of(taken.split(" ")).contains(all[i])) {
                    expected.add("public.t." + id);
                }
            }
            assertThat(captured().stream().map(Captured::partitionKey)).containsExactlyElementsOf(expected);
            forget();
            // Next by the dynamic statement, as after each DDL.
            run("ALTER TABLE public.t ADD COLUMN late_" + pass + " public.mood");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anUpdateIntoTheFilterIsAnInsertAndOneOutOfItADelete(boolean byName) {
        run("CREATE TABLE public.t (id int PRIMARY KEY, age int, at date)");
        attach(filter("age", compared("gte", "18")) + "," + filter("at", compared("gte", "2020-01-01")));
        if (!byName) {
            run(
                    "CREATE TYPE public.mood AS ENUM ('good'); ALTER TABLE public.t ADD COLUMN m public.mood; ALTER TABLE public.t DROP COLUMN m");
        }
        run("INSERT INTO public.t VALUES (1, 17, '2020-01-01'), (2, 18, '2019-12-31'), (3, 18, '2020-01-01')");
        run("UPDATE public.t SET age = 20 WHERE id = 1");
        run("UPDATE public.t SET age = 21 WHERE id = 1");
        run("UPDATE public.t SET age = 3 WHERE id = 1");
        run("UPDATE public.t SET age = 4 WHERE id = 1");
        run("UPDATE public.t SET id = 4 WHERE id = 3");
        run("UPDATE public.t SET id = 5, age = 1 WHERE id = 4");
        run("UPDATE public.t SET id = 6, age = 30 WHERE id = 5");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.3 null -> {\"id\":3,\"age\":18,\"at\":\"2020-01-01\"}",
                        "c public.t.1 null -> {\"id\":1,\"age\":20,\"at\":\"2020-01-01\"}",
                        "u public.t.1 {\"id\":1,\"age\":20,\"at\":\"2020-01-01\"} -> {\"id\":1,\"age\":21,\"at\":\"2020-01-01\"}",
                        "d public.t.1 {\"id\":1,\"age\":21,\"at\":\"2020-01-01\"} -> null",
                        "d public.t.3 {\"id\":3,\"age\":18,\"at\":\"2020-01-01\"} -> null",
                        "c public.t.4 null -> {\"id\":4,\"age\":18,\"at\":\"2020-01-01\"}",
                        "d public.t.4 {\"id\":4,\"age\":18,\"at\":\"2020-01-01\"} -> null",
                        "c public.t.6 null -> {\"id\":6,\"age\":30,\"at\":\"2020-01-01\"}",
                        "d public.t.6 {\"id\":6,\"age\":30,\"at\":\"2020-01-01\"} -> null");
    }

    /** It may be excluded, and it may get another name. */
    @Test
    void theFilterFollowsItsColumn() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, age int)");
        run("SELECT leat.attach('public.t', exclude => '{age}', filter => '[" + filter("age", compared("gte", "18"))
                + "]')");
        run("ALTER TABLE public.t RENAME age TO years");
        run("INSERT INTO public.t VALUES (1, 17), (2, 18)");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (3, 17), (4, 18)");
        assertThat(changes()).containsExactly("c public.t.2 null -> {\"id\":2}", "c public.t.4 null -> {\"id\":4}");
    }

    /** Which rows were wanted is not certain any more: none is lost, and none is sent that should not be. */
    @Test
    void withoutItsColumnEachRowGoesToQuarantine() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, age int)");
        attach(filter("age", compared("gte", "18")));
        run("ALTER TABLE public.t DROP COLUMN age");
        run("INSERT INTO public.t VALUES (1)");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.t VALUES (2); DELETE FROM public.t WHERE id = 2");
        assertThat(captured()).hasSize(3).allSatisfy(event -> {
            assertThat(event.fault()).contains("a column of its filter is gone");
            assertThat(event.after()).isNull();
        });
        run("SELECT leat.attach('public.t')");
        run("INSERT INTO public.t VALUES (3)");
        assertThat(last().after()).isEqualTo("{\"id\":3}");
    }

    @Test
    void noOperatorOfAUsersTypeIsCalled() {
        run("CREATE TYPE public.pair AS (a int); CREATE TABLE public.seen (v text);"
                + " CREATE FUNCTION public.spy(public.pair, public.pair) RETURNS boolean LANGUAGE plpgsql AS"
                + " $$ BEGIN INSERT INTO public.seen VALUES ('called'); RETURN true; END $$;"
                + " CREATE OPERATOR public.= (LEFTARG = public.pair, RIGHTARG = public.pair, FUNCTION = public.spy)");
        run("CREATE TABLE public.t (id int PRIMARY KEY, v public.pair)");
        attach(filter("v", compared("eq", "(1)")));
        run("INSERT INTO public.t VALUES (1, ROW(1)), (2, ROW(2))");
        assertThat(changes()).containsExactly("c public.t.1 null -> {\"id\":1,\"v\":{\"a\":1}}");
        assertThat(database.rows("SELECT * FROM public.seen")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | the filter is no list of entries",
                "[] | the filter is no list of entries",
                "[1] | an entry of the filter names no column",
                "[{\"column\": \"age\", \"any\": []}] | an entry of the filter names no column or has no conditions",
                "[{\"column\": \"years\", \"any\": [{\"operator\": \"null\"}]}] | has no column \"years\" for its filter",
                "[{\"column\": \"age\", \"any\": [{\"operator\": \"gt\", \"value\": \"1\"}]}] | its operator is none of",
                "[{\"column\": \"age\", \"any\": [{\"operator\": \"eq\"}]}] | it has no value",
                "[{\"column\": \"age\", \"any\": [{\"operator\": \"between\", \"start\": \"1\"}]}] | it has no start and end",
                "[{\"column\": \"age\", \"any\": [{\"operator\": \"eq\", \"value\": \"x\"}]}] | invalid input syntax for type integer",
                "[{\"column\": \"doc\", \"any\": [{\"operator\": \"eq\", \"value\": \"1\"}]}] | operator does not exist: json = json",
                "[{\"column\": \"m\", \"any\": [{\"operator\": \"gte\", \"value\": \"good\"}]}] | its type is not PostgreSQL's own",
            })
    void whatIsNoFilterIsRefused(String filter, String refusal) throws Exception {
        run(
                "CREATE TYPE public.mood AS ENUM ('good', 'bad'); CREATE TABLE public.t (id int PRIMARY KEY, age int, doc json, m public.mood)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', filter => '" + filter + "')")
                            .message())
                    .contains(refusal);
        }
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }

    @Test
    void captureByTheStatementIsRefused() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.t', capture => 'statement', filter => '["
                                    + filter("id", compared("gte", "1")) + "]')")
                            .message())
                    .contains("it has a filter");
        }
    }
}
