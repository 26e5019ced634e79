package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An outbox table of the application's: each inserted row becomes the event that {@code leat.publish} would have written. */
@Tag("postgres")
class EventRouterTest extends CaptureFixture {

    private static final String TABLE = """
            CREATE TABLE public.outbox (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype varchar(255) NOT NULL,
                                        aggregateid varchar(255), type varchar(255), payload %s)""";
    private static final String ID = "11111111-2222-3333-4444-555555555555";
    private static final String FIRST =
            "INSERT INTO public.outbox VALUES ('" + ID + "', 'order', '42', 'OrderPlaced', '%s')";

    private void attach(String payloadType, String options) {
        run(TABLE.formatted(payloadType));
        run("SELECT leat.attach('public.outbox', " + options + ")");
    }

    @Test
    void anInsertedRowIsADomainEventAndNothingElseIsCaptured() {
        attach("jsonb", "event_router => '{}', stream => 'events', on_quarantine => 'pass'");

        run(FIRST.formatted("{\"total\": 12}"));
        run("UPDATE public.outbox SET type = 'Other'; DELETE FROM public.outbox; TRUNCATE public.outbox");

        assertThat(captured()).hasSize(1);
        Captured event = last();
        assertThat(event.op()).isEqualTo("m");
        assertThat(event.held()).isTrue();
        assertThat(event.mayPass()).isTrue();
        assertThat(event.schema()).isNull();
        assertThat(event.table()).isNull();
        assertThat(event.type()).isEqualTo("OrderPlaced");
        assertThat(event.partitionKey()).isEqualTo("42");
        assertThat(event.key()).isEqualTo("{\"id\":\"" + ID + "\",\"aggregatetype\":\"order\",\"key\":\"42\"}");
        assertThat(event.before()).isNull();
        assertThat(event.after()).isEqualTo("{\"total\": 12}");
        assertThat(event.stream()).isEqualTo("events");
        assertThat(event.fault()).isNull();
        assertThat(database.rows(
                        "SELECT format, lane = leat_internal.lane_of(partition_key) FROM leat_internal.outbox"))
                .containsExactly(List.of("debezium:event-router", "t"));
    }

    @Test
    void attachedShowsWhatItIs() {
        attach("jsonb", "event_router => '{delete}', stream => 'events-${aggregatetype}', format => 'raw'");

        assertThat(
                        database.rows(
                                "SELECT event_router, stream, format, operations, key_columns, row_trigger, truncate_trigger, problems FROM leat.attached()"))
                .containsExactly(List.of(
                        "{\"id\": \"id\", \"key\": \"aggregateid\", \"type\": \"type\", \"route\": \"aggregatetype\", \"delete\": true, \"payload\": \"payload\"}",
                        "events-${aggregatetype}",
                        "raw",
                        "{insert}",
                        "{aggregateid}",
                        "enabled",
                        "not wanted",
                        "{}"));
        assertThat(database.rows("SELECT stream FROM leat_poller.stream")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "json   | {\"a\" : 1.10}          | {\"a\" : 1.10}          | ",
                "jsonb  | {\"a\" : 1.10}          | {\"a\": 1.10}           | ",
                "jsonb  | 7                       | 7                       | ",
                "text   | {\"a\" : 1.10}          | {\"a\" : 1.10}          | ",
                "text   | ` [1]`                  | ` [1]`                  | ",
                "text   | {not json}              | \"{not json}\"          | text",
                "text   | 7                       | \"7\"                   | text",
                "text   | a \"word\"              | \"a \\\"word\\\"\"      | text",
                "bytea  | \\x00ff10               | \"AP8Q\"                | base64",
                "bytea  | \\x                     | \"\"                    | base64",
            })
    void eachTypeOfPayloadHasItsForm(String type, String written, String sent, String encoding) {
        attach(type, "event_router => '{}'");

        run(FIRST.formatted(written));

        assertThat(last().after()).isEqualTo(sent);
        assertThat(database.rows("SELECT key ->> 'encoding' FROM leat_internal.outbox"))
                .containsExactly(Arrays.asList(encoding));
    }

    @Test
    void aMissingPayloadIsNull() {
        attach("bytea", "event_router => '{}'");

        run("INSERT INTO public.outbox VALUES ('" + ID + "', 'order', '42', 'OrderPlaced', NULL)");

        assertThat(last().after()).isNull();
        assertThat(last().fault()).isNull();
        assertThat(last().key()).doesNotContain("encoding");
    }

    @Test
    void aLargePayloadOfBytesIsOneLineOfBase64() {
        attach("bytea", "event_router => '{}'");

        run("INSERT INTO public.outbox SELECT '" + ID
                + "', 'o', '1', 't', sha256(''::bytea) || sha256('a'::bytea) || sha256('b'::bytea)");

        assertThat(
                        database.value(
                                "SELECT decode(o.after #>> '{}', 'base64') = t.payload AND o.after::text !~ '[^A-Za-z0-9+/=\"]' FROM leat_internal.outbox o, public.outbox t"))
                .isEqualTo("t");
    }

    @Test
    void columnsMayHaveOtherNamesAndTypes() {
        run("CREATE TYPE public.kind AS ENUM ('placed')");
        run("CREATE DOMAIN public.number AS bigint");
        run(
                "CREATE TABLE public.outbox (seq bigint PRIMARY KEY, \"Agg Id\" public.number, kind public.kind, body text, trace text)");
        run(
                "SELECT leat.attach('public.outbox', event_router => ARRAY['id=seq', 'key=Agg Id', 'type=kind', 'payload=body', 'tracing=trace'])");

        run("INSERT INTO public.outbox VALUES (7, 42, 'placed', 'x', NULL)");

        assertThat(last().type()).isEqualTo("placed");
        assertThat(last().partitionKey()).isEqualTo("42");
        assertThat(last().key()).isEqualTo("{\"id\":\"7\",\"encoding\":\"text\",\"key\":\"42\"}");
    }

    @Test
    void noCastOfAUsersTypeIsCalled() {
        run(
                "CREATE TYPE public.kind AS ENUM ('placed');"
                        + " CREATE FUNCTION public.trap(public.kind) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'trapped'; END $$;"
                        + " CREATE CAST (public.kind AS text) WITH FUNCTION public.trap(public.kind) AS IMPLICIT;"
                        + " CREATE TABLE public.outbox (id int PRIMARY KEY, aggregateid public.kind, type public.kind, payload text)");
        run("SELECT leat.attach('public.outbox', event_router => '{}')");

        run("INSERT INTO public.outbox VALUES (1, 'placed', 'placed', 'x')");
        run("ALTER TABLE public.outbox RENAME type TO kind");
        run("INSERT INTO public.outbox VALUES (2, 'placed', 'placed', 'x')");

        assertThat(captured()).extracting(Captured::partitionKey).containsExactly("placed", "placed");
        assertThat(captured()).extracting(Captured::type).containsExactly("placed", "placed");
    }

    @Test
    void aKeyThatLooksLikeATablesIsThatOfPublish() {
        attach("jsonb", "event_router => '{}'");

        run("INSERT INTO public.outbox VALUES ('" + ID + "', 'order', 'public.orders.42', 't', '1')");
        run("SELECT leat.publish('public.orders.42', 't', '1'::json)");

        assertThat(captured()).extracting(Captured::partitionKey).containsOnly("~public.orders.42");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "NULL, 'Placed', '1'  | its aggregateid is null or empty",
                "'', 'Placed', '1'    | its aggregateid is null or empty",
                "'42', NULL, '1'      | its type is null or empty",
            })
    void anEventThatCannotBeSentGoesToQuarantineAndTheInsertSucceeds(String values, String fault) {
        attach("jsonb", "event_router => '{delete}', stream => 'events'");

        run("INSERT INTO public.outbox VALUES ('" + ID + "', 'order', " + values + ")");

        assertThat(last().fault()).startsWith(fault);
        assertThat(last().op()).isEqualTo("m");
        assertThat(last().partitionKey()).isEqualTo("public.outbox");
        assertThat(last().after()).isEqualTo("1");
        assertThat(database.value("SELECT count(*) FROM public.outbox"))
                .as("what could not be captured stays")
                .isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({
        "order, events-order,",
        "Order.v1, events-Order.v1,",
        "a b, , its aggregatetype \"a b\" makes no name of a stream",
        "'', , its aggregatetype \"\" makes no name of a stream",
        "é, , its aggregatetype \"é\" makes no name of a stream"
    })
    void theAggregateTypeChoosesTheStream(String aggregateType, String stream, String fault) {
        attach("jsonb", "event_router => '{}', stream => 'events-${aggregatetype}'");

        run("INSERT INTO public.outbox VALUES ('" + ID + "', '" + aggregateType + "', '42', 't', '1')");

        assertThat(last().stream()).isEqualTo(stream);
        if (fault == null) {
            assertThat(last().fault()).isNull();
        } else {
            assertThat(last().fault()).startsWith(fault);
        }
    }

    @Test
    void aStreamMayBeAnArn() {
        attach(
                "jsonb",
                "event_router => '{}', stream => 'arn:aws:kinesis:eu-central-1:123456789012:stream/e-${aggregatetype}'");

        run(FIRST.formatted("1"));

        assertThat(last().stream()).isEqualTo("arn:aws:kinesis:eu-central-1:123456789012:stream/e-order");
        assertThat(last().fault()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`#comment\ntraceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n` | | {\"traceparent\": \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | {\"actor\": \"alice\", \"traceparent\": \"x\"} | {\"actor\": \"alice\", \"traceparent\": \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 | no json | no json",
                "nothing | {\"actor\" : 1} | {\"actor\" : 1}",
            })
    void theTraceParentOfARowIsInTheContext(String tracing, String context, String expected) {
        run(TABLE.formatted("jsonb"));
        run("ALTER TABLE public.outbox ADD tracingspancontext text");
        run("SELECT leat.attach('public.outbox', event_router => '{}')");

        run("SELECT set_config('leat.context', '" + (context == null ? "" : context) + "', true);"
                + " INSERT INTO public.outbox VALUES ('" + ID + "', 'order', '42', 't', '1', '" + tracing + "')");

        assertThat(database.rows("SELECT context FROM leat_internal.outbox")).containsExactly(List.of(expected));
    }

    @Test
    void capturedRowsAreRemovedInTheSameTransaction() throws Exception {
        attach("jsonb", "event_router => '{delete}'");

        try (Session writer = session()) {
            writer.run("BEGIN");
            writer.run(
                    "INSERT INTO public.outbox SELECT gen_random_uuid(), 'order', n::text, 't', '1' FROM generate_series(1, 3) AS n");
            assertThat(database.value("SELECT count(*) FROM leat_internal.outbox"))
                    .isEqualTo("0");
            writer.run("SAVEPOINT s; INSERT INTO public.outbox VALUES ('" + ID
                    + "', 'order', 'undone', 't', '1'); ROLLBACK TO s");
            writer.run("COMMIT");
        }

        assertThat(captured()).extracting(Captured::partitionKey).containsExactly("1", "2", "3");
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("0");
    }

    @Test
    void anInsertReturnsItsRowThoughItIsRemoved() throws Exception {
        attach("jsonb", "event_router => '{delete}'");

        assertThat(database.value(FIRST.formatted("1") + " RETURNING id")).isEqualTo(ID);

        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("0");
    }

    @Test
    void rowsAreRemovedWithTheWritersRightsAlone() throws Exception {
        run(TABLE.formatted("jsonb"));
        String role = database.role("shop");
        run("GRANT INSERT ON public.outbox TO " + role);
        run("CREATE TABLE public.seen (who text, path text); GRANT INSERT ON public.seen TO PUBLIC");
        run("CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$"
                + " BEGIN INSERT INTO seen VALUES (current_user, current_setting('search_path')); RETURN OLD; END $$;"
                + " CREATE TRIGGER note BEFORE DELETE ON public.outbox FOR EACH ROW EXECUTE FUNCTION public.note()");
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.outbox', event_router => '{delete}')"))
                    .anySatisfy(warning -> assertThat(warning)
                            .contains(role)
                            .contains("rows that " + role + " inserts are captured and stay in the table")
                            .contains("GRANT SELECT, DELETE ON public.outbox TO " + role));
        }

        try (Session writer = as("shop")) {
            writer.run(FIRST.formatted("1"));
        }
        assertThat(captured()).hasSize(1);
        assertThat(database.value("SELECT count(*) FROM public.outbox"))
                .as("the writer may not delete")
                .isEqualTo("1");

        run("GRANT SELECT, DELETE ON public.outbox TO " + role);
        // What the function itself calls is not found in the writer's search_path.
        run(
                "CREATE FUNCTION public.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;"
                        + " CREATE FUNCTION public.trap(tid, tid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;"
                        + " CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.trap);"
                        + " CREATE OPERATOR public.= (LEFTARG = tid, RIGHTARG = tid, FUNCTION = public.trap)");
        try (Session writer = as("shop")) {
            writer.run("SET search_path = public, pg_catalog");
            writer.run("INSERT INTO public.outbox VALUES (gen_random_uuid(), 'order', '43', 't', '1')");
        }
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("1");
        assertThat(database.rows("SELECT * FROM public.seen")).containsExactly(List.of(role, "public, pg_catalog"));
        try (Session owner = session()) {
            assertThat(owner.warnings("SELECT leat.attach('public.outbox', event_router => '{delete}')"))
                    .isEmpty();
        }
    }

    @Test
    void nothingIsRemovedThatIsNotCaptured() throws Exception {
        attach("jsonb", "event_router => '{delete}'");
        run("ALTER TABLE public.outbox DISABLE TRIGGER \"!leat_capture\"");

        try (Session writer = session()) {
            writer.run("BEGIN");
            writer.run("SELECT set_config('leat.routed', '1', true)");
            writer.run(FIRST.formatted("1"));
            writer.run("COMMIT");
        }

        assertThat(captured()).isEmpty();
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("1");
    }

    @Test
    void attachingAgainAddsAndRemovesTheTriggers() {
        attach("jsonb", "event_router => '{delete}'");
        String triggers =
                "SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = 'public.outbox'::regclass";
        assertThat(database.value(triggers)).isEqualTo("!leat_capture,!leat_remove");

        assertThat(database.value("SELECT leat.attach('public.outbox', event_router => '{delete}')"))
                .isEqualTo("unchanged");
        assertThat(database.value("SELECT leat.attach('public.outbox', event_router => '{}')"))
                .isEqualTo("changed");
        assertThat(database.value(triggers)).isEqualTo("!leat_capture");
        assertThat(database.value("SELECT leat.attach('public.outbox')")).isEqualTo("changed");
        assertThat(database.value(triggers)).isEqualTo("!leat_capture,!leat_truncate");
        run(FIRST.formatted("1"));
        assertThat(last().op()).isEqualTo("c");
        assertThat(database.value("SELECT leat.attach('public.outbox', event_router => '{delete}')"))
                .isEqualTo("changed");
        run("SELECT leat.detach('public.outbox')");
        assertThat(database.value(triggers)).isNull();
    }

    @Test
    void afterDdlTheRowIsReadByItsPresentNames() {
        attach("jsonb", "event_router => '{delete}'");
        run("ALTER TABLE public.outbox RENAME type TO kind; ALTER TABLE public.outbox RENAME aggregateid TO subject;"
                + " ALTER TABLE public.outbox ADD extra text; ALTER TABLE public.outbox ALTER payload TYPE text");

        run(FIRST.formatted("{\"n\": 1}"));

        assertThat(last().fault()).isNull();
        assertThat(last().partitionKey()).isEqualTo("42");
        assertThat(last().type()).isEqualTo("OrderPlaced");
        assertThat(last().after()).isEqualTo("{\"n\": 1}");
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("0");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.outbox VALUES (gen_random_uuid(), 'order', '43', 'OrderPlaced', 'x')");
        assertThat(last().fault()).isNull();
        assertThat(last().partitionKey()).isEqualTo("43");
        assertThat(last().after()).isEqualTo("\"x\"");
        assertThat(database.value("SELECT stale FROM leat.attached()")).isEqualTo("f");
    }

    @Test
    void aColumnThatIsGoneIsReportedAndItsEventsGoToQuarantine() {
        attach("jsonb", "event_router => '{delete}'");
        run("ALTER TABLE public.outbox DROP COLUMN type");

        run("INSERT INTO public.outbox VALUES ('" + ID + "', 'order', '42', '1')");
        run("SELECT leat.refresh()");
        run("INSERT INTO public.outbox VALUES (gen_random_uuid(), 'order', '42', '1')");

        assertThat(captured())
                .extracting(Captured::fault)
                .containsOnly("the row could not be read: the column type is gone: attach the table again");
        assertThat(captured()).hasSize(2);
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("2");
        assertThat(database.value("SELECT problems::text FROM leat.attached()"))
                .contains("its event router has no column type any more");
    }

    @Test
    void rowsOfPartitionsAreEvents() {
        run(
                "CREATE TABLE public.outbox (id bigint, aggregatetype text, aggregateid text, type text, payload jsonb) PARTITION BY RANGE (id)");
        run("SELECT leat.attach('public.outbox', event_router => '{}')");
        run("CREATE TABLE public.outbox_1 PARTITION OF public.outbox FOR VALUES FROM (0) TO (10)");

        run(
                "INSERT INTO public.outbox VALUES (1, 'o', '42', 't', '1'); INSERT INTO public.outbox_1 VALUES (2, 'o', '43', 't', '2')");

        assertThat(captured()).extracting(Captured::partitionKey).containsExactly("42", "43");
        assertThat(captured()).extracting(Captured::fault).containsOnlyNulls();
    }

    @Test
    void writersOfOneAggregateKeepTheirOrder() throws Exception {
        attach("jsonb", "event_router => '{delete}'");
        run("CREATE TABLE public.orders (id int PRIMARY KEY); INSERT INTO public.orders VALUES (42)");

        try (Session first = session();
                Session second = session()) {
            first.run("BEGIN");
            first.run("SELECT FROM public.orders WHERE id = 42 FOR UPDATE");
            first.run("INSERT INTO public.outbox VALUES (gen_random_uuid(), 'order', '42', 'First', '1')");
            first.run("COMMIT");
            second.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
            second.run("SELECT FROM public.orders WHERE id = 42 FOR UPDATE");
            second.run("INSERT INTO public.outbox VALUES (gen_random_uuid(), 'order', '42', 'Second', '1')");
            second.run("COMMIT");
        }

        assertThat(captured()).extracting(Captured::type).containsExactly("First", "Second");
        assertThat(captured()).extracting(Captured::held).containsOnly(true);
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "event_router => '{key=agg}' | has no column \"agg\" for the key of its events",
                "event_router => '{colour=red}' | event_router knows no \"colour=red\"",
                "event_router => '{key}' | event_router knows no \"key\"",
                "event_router => '{key=}' | event_router knows no \"key=\"",
                "event_router => '{NULL}' | event_router knows no \"null\"",
                "event_router => '{type=type,type=id}' | event_router has \"type\" twice",
                "event_router => '{tracing=nothing}' | has no column \"nothing\" for the tracing of its events",
                "event_router => '{payload=id}' | column \"id\" of public.outbox has the type uuid, and the payload of an event is json, jsonb, bytea or a text",
                "event_router => '{key=payload}' | column \"payload\" of public.outbox has the type jsonb, and the key of an event is a text",
                "event_router => '{}', exclude => '{type}' | for which exclude means nothing",
                "event_router => '{}', mask => '{type}' | for which mask means nothing",
                "event_router => '{}', rename => '{type=t}' | for which rename means nothing",
                "event_router => '{}', rename_table => 'x' | for which rename_table means nothing",
                "event_router => '{}', key => '{id}' | for which key means nothing",
                "event_router => '{}', without_key => 'table' | for which without_key means nothing",
                "event_router => '{}', before => false | for which before means nothing",
                "event_router => '{}', capture => 'statement' | for which capture means nothing",
                "event_router => '{}', operations => '{delete}' | for which operations means nothing",
                "event_router => '{}', format => 'dms' | for which the format dms means nothing",
                "event_router => '{}', filter => '[]' | for which filter means nothing",
                "event_router => '{}', format => 'avro' | there is no format \"avro\"",
                "event_router => '{}', stream => 'a b ${aggregatetype}' | neither the name of a stream nor its ARN",
                "stream => 'events-${aggregatetype}' | neither the name of a stream nor its ARN",
            })
    void badOptionsAreRefusedAndNothingIsAttached(String options, String refusal) throws Exception {
        run(TABLE.formatted("jsonb"));
        try (Session owner = session()) {
            Session.Refusal refused = owner.refusal("SELECT leat.attach('public.outbox', " + options + ")");
            assertThat(refused.message())
                    .startsWith("leat.attach: ")
                    .contains(refusal)
                    .doesNotContain("\n");
            assertThat(refused.hint()).isNotBlank();
        }
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }

    @Test
    void aTableThatIsNoOutboxIsRefused() throws Exception {
        run("CREATE TABLE public.t (id int PRIMARY KEY); CREATE VIEW public.v AS SELECT 1 AS id;"
                + " CREATE TABLE public.p (id int, aggregateid text, type text, payload json) PARTITION BY RANGE (id)");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.v', event_router => '{}')")
                            .message())
                    .contains("v is a view, and only ordinary and partitioned tables can be attached");
            assertThat(owner.refusal("SELECT leat.attach('public.t', event_router => '{}')")
                            .message())
                    .contains("t has no column \"aggregateid\" for the key of its events");
            assertThat(owner.refusal("SELECT leat.attach('public.p', event_router => '{delete}')")
                            .message())
                    .contains("p is partitioned, and its rows cannot be removed one by one");
            assertThat(owner.refusal(
                                    "SELECT leat.attach('public.p', event_router => '{}', stream => '${aggregatetype}')")
                            .message())
                    .contains("p has no column \"aggregatetype\" for the aggregatetype of its events");
        }
    }

    @Test
    void anOutboxTableIsNotLoaded() throws Exception {
        attach("jsonb", "event_router => '{}'");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.load('public.outbox')").message())
                    .contains("outbox is an outbox table (event_router): its rows are events");
        }
        run("SELECT leat.attach('public.outbox'); SELECT leat.load('public.outbox')");
        try (Session owner = session()) {
            assertThat(owner.refusal("SELECT leat.attach('public.outbox', event_router => '{}')")
                            .message())
                    .contains("outbox is being loaded, row by row");
        }
    }
}
