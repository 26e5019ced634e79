package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.app.connection.ExitCode;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("postgres")
@Timeout(120)
class ReconcileCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(2);

    @AutoClose
    private final LocalAws aws = LocalAws.of(stream.local());

    private final CliRun cli = CliRun.on(database);

    private @Nullable LeatPoller poller;

    @TempDir
    private Path directory;

    @BeforeEach
    void tables() {
        cli.environment.put("LEAT_STREAM", TestStream.NAME);
        database.run("CREATE TABLE orders (id bigint PRIMARY KEY, state text); CREATE VIEW shown AS TABLE orders;"
                + " CREATE TABLE items (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);"
                + " CREATE TABLE items_1 PARTITION OF items FOR VALUES FROM (0) TO (10);"
                + " CREATE TABLE free (id int PRIMARY KEY); CREATE TABLE alike (k int NOT NULL);"
                + " SELECT leat.attach('orders'), leat.attach('items'), leat.attach('alike', key => '{k}')");
        database.run("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 40) i");
    }

    private void publish(String streamName, PollerSettings settings) throws SQLException {
        poller = LeatPoller.builder(database.owner(), stream.client(), streamName)
                .settings(settings)
                .build();
        poller.start();
        database.awaitEmptyOutbox(Duration.ofSeconds(60));
    }

    private void publish() throws SQLException {
        publish(TestStream.NAME, PollerSettings.builder().build());
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (poller != null) {
            poller.stop(Duration.ofSeconds(20));
        }
    }

    private static void assertRefused(CliRun.Result result, int exitCode, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void equalTablesAreEqualAndTheReportSaysSo() throws Exception {
        publish();
        Path file = directory.resolve("report.json");
        CliRun.Result result = cli.leat("reconcile", "public.orders", "--report", file.toString(), "--complete");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).last().isEqualTo("EQUAL");
        assertThat(result.out())
                .contains("public.orders on stream changes, as of ")
                .containsPattern("equal +40\n")
                .containsPattern("missing +0\n")
                .doesNotContain("not seen");
        assertThat(result.exitCode()).isEqualTo(ExitCode.DONE);
        JsonNode report = new ObjectMapper().readTree(Files.readString(file));
        assertThat(report.at("/table").asText()).isEqualTo("public.orders");
        assertThat(report.at("/stream").asText()).isEqualTo("changes");
        assertThat(report.at("/equal").asBoolean()).isTrue();
        assertThat(report.at("/rows").toString())
                .isEqualTo(
                        "{\"equal\":40,\"missing\":0,\"extra\":0,\"different\":0,\"not_seen\":0,\"held\":0,\"not_captured\":0}");
        assertThat(report.at("/differences")).isEmpty();
        assertThat(report.at("/window/since_attached").asBoolean()).isTrue();
        assertThat(report.at("/window/complete").asBoolean()).isFalse();
        assertThat(report.at("/window/shards").asInt()).isEqualTo(2);
        assertThat(report.at("/snapshot").asText()).matches("[0-9]+:[0-9]+:[0-9,]*");
    }

    @Test
    void differencesAreShownAndReportedAndEndWithOne() throws Exception {
        database.run("DELETE FROM leat_internal.outbox WHERE partition_key = 'public.orders.7'");
        database.run(
                "UPDATE leat_internal.outbox SET after = '{\"id\":8,\"state\":\"old\"}' WHERE partition_key = 'public.orders.8'");
        publish();
        Path file = directory.resolve("report.json");
        CliRun.Result result = cli.leat("reconcile", "public.orders", "--report", file.toString());
        assertThat(result.exitCode()).isEqualTo(ExitCode.NOT_WELL);
        assertThat(result.out().lines())
                .contains("missing    public.orders.7")
                .anyMatch(line -> line.matches("different  public.orders.8  last event [0-9]+"));
        assertThat(result.out().lines()).last().isEqualTo("DIFFERENT");
        JsonNode report = new ObjectMapper().readTree(Files.readString(file));
        assertThat(report.at("/equal").asBoolean()).isFalse();
        assertThat(report.at("/differences")).hasSize(2);
        for (JsonNode difference : report.at("/differences")) {
            if (difference.at("/kind").asText().equals("different")) {
                assertThat(difference.at("/partition_key").asText()).isEqualTo("public.orders.8");
                assertThat(difference.at("/source").toString()).isEqualTo("{\"id\":8,\"state\":\"new\"}");
                assertThat(difference.at("/stream").toString()).isEqualTo("{\"id\":8,\"state\":\"old\"}");
            } else {
                assertThat(difference.at("/kind").asText()).isEqualTo("missing");
                assertThat(difference.at("/source").toString()).isEqualTo("{\"id\":7,\"state\":\"new\"}");
                assertThat(difference.at("/stream").isNull()).isTrue();
            }
        }
    }

    @Test
    void manyDifferencesAreCountedAndNotAllShown() throws Exception {
        database.run("DELETE FROM leat_internal.outbox WHERE lane < 48");
        publish();
        CliRun.Result result = cli.leat("reconcile", "public.orders");
        assertThat(result.exitCode()).isEqualTo(ExitCode.NOT_WELL);
        assertThat(result.out().lines().filter(line -> line.startsWith("missing  ")))
                .hasSize(20);
        assertThat(result.out()).containsPattern("[0-9]+ more differences: --report <file> writes all of them");
    }

    @Test
    void rowsThatAreOpenAreNoDifferencesUnlessTheyAreToBe() throws Exception {
        database.run("INSERT INTO free SELECT generate_series(1, 5); SELECT leat.attach('free')");
        publish();
        CliRun.Result open = cli.leat("reconcile", "public.free");
        assertThat(open.exitCode()).isEqualTo(ExitCode.DONE);
        assertThat(open.out())
                .containsPattern("not seen +5  no event in the window: leat load sends them")
                .contains("EQUAL as far as it can be told: 5 rows are open");
        assertThat(cli.leat("reconcile", "public.free", "--complete").exitCode())
                .isEqualTo(ExitCode.NOT_WELL);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "reconcile | 2 | Missing required parameter",
                "reconcile orders | 2 | name the table orders with its schema, such as public.orders",
                "reconcile public.nowhere | 6 | the table public.nowhere does not exist",
                "reconcile public.ORDERS\" | 6 | the table public.ORDERS\" does not exist",
                "reconcile public.shown | 6 | public.shown is a view, and only tables are captured",
                "reconcile public.free | 6 | public.free is not attached, so the stream has nothing of it",
                "reconcile public.items_1 | 6 | public.items_1 is a partition of public.items",
                "reconcile public.alike | 6 | its rows cannot be told apart on the stream",
                "reconcile public.orders public.items | 2 | argument 3",
                "reconcile public.orders --stream-from yesterday | 2 | write trim-horizon, or a time with its zone",
                "reconcile public.orders --stream-from 2026-01-02T10:00:00 | 2 | write trim-horizon, or a time with its zone",
                "reconcile public.orders --stream-from 2999-01-02T10:00:00Z | 2 | is in the future",
                "reconcile public.orders --patience soon | 2 | is not a duration",
                "reconcile public.orders --stream other | 5 | stream other does not exist",
                "reconcile public.orders --stream a/b | 2 | neither a stream's name",
                "reconcile public.orders --trust nobody | 6 | there is no role nobody to trust",
                "reconcile public.orders --report /no/such/directory/x.json | 2 | cannot be written: its directory does not exist",
                "reconcile public.orders --report / | 2 | cannot be written",
                "reconcile public.orders --patience 1s | 5 | 40 events of public.orders still wait in the outbox, and no poller runs"
            })
    void badInputEndsInOneLine(String command, int exitCode, String says) {
        assertRefused(cli.leat(command.split(" ", -1)), exitCode, says);
    }

    /** The stream has the rows that the filter takes, under the names that consumers see. */
    @Test
    void aTableWithAFilterOtherNamesAndAMaskIsComparedAsItIsSent() throws Exception {
        database.run("SELECT leat.attach('orders', rename => '{id=order_no,state=status}', rename_schema => 'landing',"
                + " rename_table => 'src_orders', filter => '[{\"column\": \"id\", \"any\": [{\"operator\": \"gte\","
                + " \"value\": \"100\"}]}]')");
        database.run("DELETE FROM leat_internal.outbox");
        database.run("INSERT INTO orders SELECT i, 'new' FROM generate_series(90, 109) i");
        database.run("UPDATE orders SET id = id + 100 WHERE id BETWEEN 90 AND 94");
        database.run(
                "UPDATE orders SET id = id - 40 WHERE id BETWEEN 100 AND 101; UPDATE orders SET state = 'paid' WHERE id = 105");
        publish();
        CliRun.Result result = cli.leat("reconcile", "public.orders", "--complete");
        assertThat(result.out()).containsPattern("equal +13\n").containsPattern("extra +0\n");
        assertThat(result.out().lines()).last().isEqualTo("EQUAL");
        assertThat(stream.texts().get(0)).contains("\"order_no\":", "\"schema\":\"landing\",\"table\":\"src_orders\"");
    }

    @Test
    void aTableInAnotherFormatIsRefused() {
        database.run("SELECT leat.attach('orders', format => 'trigger:both')");
        assertRefused(
                cli.leat("reconcile", "public.orders"),
                ExitCode.REFUSED,
                "public.orders is attached in the format trigger:both, and reconcile reads records in the format debezium");
    }

    @Test
    void aTableWithAddedColumnsIsRefused() {
        database.run(
                "SELECT leat.attach('orders', transform => '{\"add\": [{\"name\": \"x\", \"type\": \"string\"}]}')");
        assertRefused(
                cli.leat("reconcile", "public.orders"),
                ExitCode.REFUSED,
                "public.orders has columns that are added to its rows (transform)");
    }

    @Test
    void withoutAStreamOneIsAskedFor() {
        cli.environment.remove("LEAT_STREAM");
        assertRefused(cli.leat("reconcile", "public.orders"), ExitCode.USAGE, "set --stream");
        database.run("SELECT leat.attach('orders', stream => 'other')");
        assertRefused(cli.leat("reconcile", "public.orders"), ExitCode.STREAM, "stream other does not exist");
    }

    @Test
    @Tag("full")
    void markersThatDoNotComeBackAreToldOf() throws Exception {
        stream.local().createStream("elsewhere", 1);
        publish("elsewhere", PollerSettings.builder().build());
        assertRefused(
                cli.leat("reconcile", "public.orders", "--patience", "2s"),
                ExitCode.STREAM,
                "markers did not come back from stream changes: do the pollers publish to it (--stream)?");
    }

    @Test
    @Tag("full")
    void pollersOfAnotherNameAreToldOf() throws Exception {
        publish(TestStream.NAME, PollerSettings.builder().serverName("shop").build());
        assertRefused(
                cli.leat("reconcile", "public.orders"),
                ExitCode.STREAM,
                "the pollers publish as shop, and " + database.name() + " is looked for: set --server-name");
        assertThat(cli.leat("reconcile", "public.orders", "--server-name", "shop")
                        .exitCode())
                .isZero();
    }

    @Test
    void whoIsNotLeatsOwnerIsToldWhoIs() {
        database.run("SELECT leat.grant_poller('" + database.role("leat_poller") + "')");
        assertRefused(
                CliRun.on(database, "leat_poller").leat("reconcile", "public.orders", "--stream", TestStream.NAME),
                ExitCode.DATABASE,
                "are for the owner of Leat: log in as leat_owner");
    }

    /** PostgreSQL would run code of the table's owner with the rights of Leat's. */
    @Test
    void tablesOfRolesThatAreNotTrustedAreNotRead() {
        database.superuser("ALTER TABLE orders OWNER TO " + database.role("leat_app"));
        assertRefused(
                cli.leat("reconcile", "public.orders"),
                ExitCode.REFUSED,
                "reading public.orders could run code of others with the rights of Leat's owner: public.orders belongs to leat_app");
    }
}
