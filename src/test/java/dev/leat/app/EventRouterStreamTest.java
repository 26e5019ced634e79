package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.Aggregation;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.app.connection.ExitCode;
import dev.leat.consume.Unpacker;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** An outbox table that an application has already, from the command that attaches it to its events on the stream. */
@Tag("postgres")
class EventRouterStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(2);

    private final CliRun cli = CliRun.on(database);

    @TempDir
    private Path directory;

    @BeforeEach
    void tables() {
        database.run(
                "CREATE TABLE public.outbox (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text, aggregate_id text,"
                        + " type text, payload jsonb); CREATE TABLE public.orders (id int PRIMARY KEY, version int NOT NULL)");
    }

    private void attach(String... options) {
        List<String> arguments = new ArrayList<>(List.of("attach", "public.outbox"));
        arguments.addAll(List.of(options));
        CliRun.Result attached = cli.leat(arguments.toArray(String[]::new));
        assertThat(attached.exitCode()).as(attached.toString()).isEqualTo(ExitCode.DONE);
        assertThat(attached.out()).isEqualToIgnoringNewLines("public.outbox: attached");
    }

    private void publishAll(PollerSettings settings) throws Exception {
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(settings)
                .build()) {
            poller.start();
            database.awaitEmptyOutbox(PATIENCE);
        }
    }

    @ParameterizedTest
    @EnumSource(Aggregation.Format.class)
    void theEventsOfAnAggregateArriveInTheOrderOfItsTransactions(Aggregation.Format aggregation) throws Exception {
        attach("--event-router", "key=aggregate_id,delete");
        int orders = 5;
        int changes = 40;
        database.run("INSERT INTO public.orders SELECT n, 0 FROM generate_series(1, " + orders + ") AS n");
        ExecutorService writers = Executors.newFixedThreadPool(4);
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder()
                        .aggregation(Aggregation.all(aggregation))
                        .build())
                .build()) {
            poller.start();
            List<Future<?>> written = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                written.add(writers.submit(() -> change(orders, changes)));
            }
            for (Future<?> each : written) {
                each.get();
            }
            database.awaitEmptyOutbox(PATIENCE);
        } finally {
            writers.shutdownNow();
        }

        Map<Integer, List<Integer>> versions = new HashMap<>();
        for (KeptRecord record : stream.local().records(TestStream.NAME)) {
            for (byte[] data : Unpacker.unpack(record.data())) {
                JsonNode event = new ObjectMapper().readTree(data);
                assertThat(event.at("/eventType").asText()).isEqualTo("OrderChanged");
                assertThat(event.at("/aggregateType").asText()).isEqualTo("order");
                assertThat(event.at("/id").asText()).hasSize(36);
                versions.computeIfAbsent(event.at("/payload/order").asInt(), order -> new ArrayList<>())
                        .add(event.at("/payload/version").asInt());
            }
        }
        assertThat(versions).hasSize(orders);
        assertThat(versions.values())
                .allSatisfy(each -> assertThat(each)
                        .containsExactlyElementsOf(
                                IntStream.rangeClosed(1, 4 * changes).boxed().toList()));
        assertThat(database.value("SELECT count(*) FROM public.outbox")).isEqualTo("0");
    }

    /** As applications do: the aggregate is changed, and its event is inserted, in one transaction. */
    private Void change(int orders, int changes) throws Exception {
        try (Connection connection = database.owner().getConnection()) {
            connection.setAutoCommit(false);
            for (int change = 0; change < changes; change++) {
                for (int order = 1; order <= orders; order++) {
                    try (PreparedStatement statement = connection.prepareStatement(
                            "WITH changed AS (UPDATE public.orders SET version = version + 1 WHERE id = ? RETURNING id, version)"
                                    + " INSERT INTO public.outbox (aggregatetype, aggregate_id, type, payload)"
                                    + " SELECT 'order', id::text, 'OrderChanged', jsonb_build_object('order', id, 'version', version) FROM changed")) {
                        statement.setInt(1, order);
                        statement.executeUpdate();
                    }
                    connection.commit();
                }
            }
        }
        return null;
    }

    @Test
    void theAggregateTypeChoosesAmongTheStreamsThatAreAllowed() throws Exception {
        attach("--event-router", "key=aggregate_id", "--stream", "events-${aggregatetype}");
        stream.local().createStream("events-order", 1);
        stream.local().createStream("events-customer", 1);
        database.run("SELECT leat.allow_stream('events-order'), leat.allow_stream('events-customer')");
        database.run(
                "INSERT INTO public.outbox (aggregatetype, aggregate_id, type, payload)"
                        + " VALUES ('order', '42', 'Placed', '1'), ('customer', '42', 'Moved', '2'), ('other', '7', 'Lost', '3'), ('order', NULL, 'Odd', '4')");

        publishAll(PollerSettings.builder().build());

        assertThat(texts("events-order"))
                .singleElement()
                .asString()
                .contains("\"payload\":1", "\"eventType\":\"Placed\"");
        assertThat(texts("events-customer"))
                .singleElement()
                .asString()
                .contains("\"payload\":2", "\"eventType\":\"Moved\"");
        assertThat(stream.local().records("events-order").get(0).partitionKey()).isEqualTo("42");
        assertThat(stream.texts()).isEmpty();
        assertThat(database.rows("SELECT after::text, reason FROM leat_poller.quarantine ORDER BY id"))
                .satisfiesExactly(
                        unknown -> assertThat(unknown)
                                .element(1)
                                .asString()
                                .contains("the stream events-other is not known", "leat.allow_stream('events-other')"),
                        keyless ->
                                assertThat(keyless).element(1).asString().contains("its aggregateid is null or empty"));

        stream.local().createStream("events-other", 1);
        database.run("SELECT leat.allow_stream('events-other')");
        assertThat(cli.leat("quarantine", "retry", "--key", "7").exitCode()).isEqualTo(ExitCode.DONE);
        publishAll(PollerSettings.builder().build());
        assertThat(texts("events-other")).singleElement().asString().contains("\"payload\":3");
    }

    private List<String> texts(String name) {
        return stream.local().records(name).stream()
                .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void bytesArriveAsTheyAreInTheTable() throws Exception {
        database.run("ALTER TABLE public.outbox DROP payload, ADD payload bytea");
        attach("--event-router", "key=aggregate_id", "--format", "raw");
        database.run("INSERT INTO public.outbox (aggregate_id, type, payload) VALUES ('42', 'Placed', '\\x00ff10')");

        publishAll(PollerSettings.builder().build());

        assertThat(stream.local().records(TestStream.NAME))
                .singleElement()
                .satisfies(record -> assertThat(record.data()).isEqualTo(new byte[] {0, (byte) 0xff, 0x10}));
    }

    @Test
    void aPayloadThatWouldNotBeOneLineIsNotChangedButSetAside() throws Exception {
        database.run("ALTER TABLE public.outbox DROP payload, ADD payload text");
        attach("--event-router", "key=aggregate_id", "--format", "raw");
        database.run(
                "INSERT INTO public.outbox (aggregate_id, type, payload) VALUES ('1', 't', 'a' || chr(10) || 'b'), ('2', 't', 'plain'),"
                        + " ('3', 't', '{' || chr(10) || '}')");

        publishAll(PollerSettings.builder()
                .aggregation(Aggregation.all(Aggregation.Format.LINES))
                .build());

        assertThat(stream.texts()).containsExactlyInAnyOrder("plain\n", "{ }\n");
        assertThat(database.value("SELECT reason FROM leat_poller.quarantine"))
                .contains("its payload has a line break and is no JSON", "the stream changes is lines");
    }

    @Test
    void aFileOfTablesDeclaresIt() throws Exception {
        database.run("ALTER TABLE public.outbox RENAME aggregate_id TO aggregateid;"
                + " CREATE TABLE public.events (id int PRIMARY KEY, subject text, type text, body text)");
        Path file = Files.writeString(directory.resolve("tables.yaml"), """
                tables:
                  public.outbox:
                    event_router: true
                    stream: events-${aggregatetype}
                  public.events:
                    event_router: [key=subject, payload=body, delete]
                    format: cloudevents
                """);

        CliRun.Result attached = cli.leat("attach", "--file", file.toString());

        assertThat(attached.exitCode()).as(attached.toString()).isEqualTo(ExitCode.DONE);
        assertThat(
                        database.rows(
                                "SELECT table_name, event_router ->> 'key', event_router ->> 'delete', stream, format FROM leat.attached() WHERE event_router IS NOT NULL ORDER BY 1 DESC"))
                .extracting(List::toString)
                .containsExactly(
                        "[outbox, aggregateid, null, events-${aggregatetype}, debezium:event-router]",
                        "[events, subject, true, null, cloudevents]");
        assertThat(cli.leat("doctor").out()).contains("OK    table public.outbox: captured");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 | attach --event-router public.outbox | name the table before --event-router",
                "2 | attach public.outbox --event-router key=aggregate_id --load | --load and --event-router exclude each other",
                "6 | attach public.outbox --event-router | has no column \"aggregateid\" for the key of its events",
                "6 | attach public.outbox --event-router key=aggregate_id --capture statement | for which capture means nothing",
                "6 | attach public.outbox --event-router key=aggregate_id --exclude type | for which exclude means nothing",
                "6 | attach public.outbox --event-router key | event_router knows no \"key\"",
            })
    void whatMeansNothingIsRefusedInOneLine(int exitCode, String command, String message) {
        CliRun.Result refused = cli.leat(command.split(" "));

        assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(exitCode);
        assertThat(refused.errLines().get(0)).startsWith("leat: ").contains(message);
        assertThat(database.rows("SELECT * FROM leat.attached()")).isEmpty();
    }

    @Test
    void itIsNotReconciled() {
        attach("--event-router", "key=aggregate_id");

        CliRun.Result refused = cli.leat("reconcile", "public.outbox", "--stream", TestStream.NAME);

        assertThat(refused.err()).contains("public.outbox is an outbox table (--event-router)");
    }
}
