package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables that are captured by the statement. */
@Tag("postgres")
class StatementCaptureTest extends CaptureFixture {

    private static final String ATTACH = "SELECT leat.attach('public.t', capture => 'statement');";

    @Test
    void insertsUpdatesAndDeletesOfManyRows() {
        prepare();

        run("INSERT INTO public.t VALUES (1, 'a'), (2, 'b')");
        run("UPDATE public.t SET v = v || '!'");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactlyInAnyOrder(
                        "c public.t.1 null -> {\"id\":1,\"v\":\"a\"}",
                        "c public.t.2 null -> {\"id\":2,\"v\":\"b\"}",
                        "u public.t.1 {\"id\":1,\"v\":\"a\"} -> {\"id\":1,\"v\":\"a!\"}",
                        "u public.t.2 {\"id\":2,\"v\":\"b\"} -> {\"id\":2,\"v\":\"b!\"}",
                        "d public.t.1 {\"id\":1,\"v\":\"a!\"} -> null",
                        "d public.t.2 {\"id\":2,\"v\":\"b!\"} -> null");
        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "c", "u", "u", "d", "d");
        assertThat(captured()).allMatch(event -> event.fault() == null && !event.held());
        assertThat(database.value(
                        "SELECT count(*) FROM leat_internal.outbox WHERE lane <> leat_internal.lane_of(partition_key)"))
                .isEqualTo("0");
    }

    @Test
    void keysThatMoveOnHaveTheirDeletesFirst() {
        prepare();
        run("INSERT INTO public.t VALUES (3, 'c'), (2, 'b'), (1, 'a')");
        forget();

        run("UPDATE public.t SET id = id + 1");

        assertThat(changes().stream().filter(change -> change.contains("public.t.3 ")))
                .containsExactly(
                        "d public.t.3 {\"id\":3,\"v\":\"c\"} -> null", "c public.t.3 null -> {\"id\":3,\"v\":\"b\"}");
        assertThat(captured().stream().map(Captured::op)).containsExactly("d", "d", "d", "c", "c", "c");
    }

    /** A session keeps the plan of its first updates. With a nested loop these rows would take minutes. */
    @Test
    void manyRowsAreQuickAfterUpdatesOfOneRow() throws Exception {
        prepare();
        run("INSERT INTO public.t SELECT n, 'v' FROM generate_series(1, 8000) AS n");
        forget();

        try (Session writer = new Session(database.owner().getConnection())) {
            writer.run("UPDATE public.t SET v = 'one' WHERE id = 1; SET statement_timeout = '20s'");
            writer.run("UPDATE public.t SET v = 'all'");
        }

        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE op = 'u'"))
                .isEqualTo("8001");
    }

    /** The first statement in WITH is not read to its end, so the trigger for the inserts fires before the other's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "WITH m AS (DELETE FROM public.t WHERE id IN (1, 2) RETURNING id) INSERT INTO public.t SELECT id, 'n' FROM m LIMIT 1",
                "WITH m AS (UPDATE public.t SET id = id + 10 WHERE id IN (1, 2) RETURNING id - 10 AS id)"
                        + " INSERT INTO public.t SELECT id, 'n' FROM m LIMIT 1"
            })
    void aKeyThatIsTakenAgainWithinOneStatementHasItsDeleteFirst(String statement) {
        prepare();
        run("INSERT INTO public.t VALUES (1, 'a'), (2, 'b')");
        forget();

        run(statement);

        assertThat(changes().stream().filter(change -> change.contains("public.t.1 ")))
                .containsExactly(
                        "d public.t.1 {\"id\":1,\"v\":\"a\"} -> null", "c public.t.1 null -> {\"id\":1,\"v\":\"n\"}");
    }

    @Test
    void anInsertAndALaterDeleteOfOneTransactionStayInOrder() {
        prepare();

        run("BEGIN; INSERT INTO public.t VALUES (1, 'a'); DELETE FROM public.t; COMMIT");

        assertThat(captured().stream().map(Captured::op)).containsExactly("c", "d");
    }

    @Test
    void aCascadeThatDeletesRowsOfTheSameTableIsCaptured() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, up int REFERENCES public.t ON DELETE CASCADE);" + ATTACH
                + " INSERT INTO public.t VALUES (1, NULL), (2, 1), (3, 2)");
        forget();

        run("DELETE FROM public.t WHERE id = 1");

        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactlyInAnyOrder("public.t.1", "public.t.2", "public.t.3");
    }

    @Test
    void columnsAreLeftOutAndMasked() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text, secret text, leat_new int);"
                + " ALTER TABLE public.t ADD gone int; ALTER TABLE public.t DROP gone;"
                + " SELECT leat.attach('public.t', exclude => '{secret}', mask => '{v}', capture => 'statement')");

        run("INSERT INTO public.t VALUES (1, 'a', 'SECRET', 7)");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"v\":\"***\",\"leat_new\":7}");
    }

    @Test
    void afterDdlTheNamesAreAskedFor() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text, secret text);"
                + " SELECT leat.attach('public.t', exclude => '{secret}', capture => 'statement')");
        run("ALTER TABLE public.t RENAME secret TO open; ALTER TABLE public.t RENAME id TO nr");

        run("INSERT INTO public.t VALUES (1, 'a', 'SECRET'), (2, 'b', 'SECRET')");
        run("UPDATE public.t SET nr = nr + 1, open = 'SECRET' WHERE nr = 2");
        run("DELETE FROM public.t");

        assertThat(changes())
                .containsExactly(
                        "c public.t.1 null -> {\"nr\":1,\"v\":\"a\"}",
                        "c public.t.2 null -> {\"nr\":2,\"v\":\"b\"}",
                        "d public.t.2 {\"nr\":2,\"v\":\"b\"} -> null",
                        "c public.t.3 null -> {\"nr\":3,\"v\":\"b\"}",
                        "d public.t.1 {\"nr\":1,\"v\":\"a\"} -> null",
                        "d public.t.3 {\"nr\":3,\"v\":\"b\"} -> null");
    }

    @Test
    @Tag("full")
    void aRowWhoseJsonDoesNotFitGoesToQuarantineAloneAndTheStatementSucceeds() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v bytea);" + ATTACH);

        run("INSERT INTO public.t SELECT n, CASE n WHEN 2 THEN convert_to(repeat('x', 600000000), 'UTF8') ELSE 'a' END"
                + " FROM generate_series(1, 3) AS n");

        assertThat(captured().stream().map(Captured::partitionKey))
                .containsExactly("public.t.1", "public.t", "public.t.3");
        assertThat(captured().get(1).fault()).contains("could not be read");
    }

    @Test
    void domainsEnumsAndArraysOfBuiltInTypesAreTaken() {
        run("CREATE DOMAIN public.amount AS numeric; CREATE TYPE public.mood AS ENUM ('good');"
                + " CREATE TABLE public.t (id int PRIMARY KEY, a public.amount, b public.mood[], c text[][], d jsonb);"
                + ATTACH);

        run("INSERT INTO public.t VALUES (1, 2, '{good}', '{{a}}', '{}')");

        assertThat(last().after()).isEqualTo("{\"id\":1,\"a\":2,\"b\":[\"good\"],\"c\":[[\"a\"]],\"d\":{}}");
    }

    @Test
    void aReplicaRoleAndAWriterWithoutRightsAreCaptured() throws Exception {
        prepare();
        run("CREATE TABLE public.other (id int)");
        try (Session writer = as("leat_writer")) {
            run("GRANT INSERT, UPDATE, DELETE, SELECT ON public.t TO leat_writer");
            writer.run("SET search_path = public; SET leat.context = 'why'; SET \"TimeZone\" = 'Asia/Tokyo'");
            writer.run("INSERT INTO t VALUES (1, 'a'); UPDATE t SET v = 'b'; DELETE FROM t");
        }
        assertThat(database.rows("SELECT op, context, db_user FROM leat_internal.outbox ORDER BY id"))
                .extracting(row -> String.join(" ", row))
                .containsExactly("c why leat_writer", "u why leat_writer", "d why leat_writer");
        database.superuser("SET session_replication_role = replica; INSERT INTO public.t VALUES (2, 'b')");
        assertThat(last().partitionKey()).isEqualTo("public.t.2");
    }

    @Test
    void noSubtransactionIsUsed() throws Exception {
        prepare();
        try (Session owner = session()) {
            owner.run("BEGIN");
            owner.run("INSERT INTO public.t VALUES (1, 'a')");
            owner.run("UPDATE public.t SET v = 'b'");
            assertThat(owner.value("SELECT count(DISTINCT xmin::text) FROM leat_internal.outbox"))
                    .isEqualTo("1");
            owner.run("COMMIT");
        }
    }

    private void prepare() {
        run("CREATE TABLE public.t (id int PRIMARY KEY, v text);" + ATTACH);
    }
}
