package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.app.connection.ExitCode;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("postgres")
class LoadCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database);

    @BeforeEach
    void tables() {
        database.run(
                "CREATE TABLE orders (id bigint PRIMARY KEY, state text); INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 100) i;"
                        + " ANALYZE orders; CREATE TABLE items (id int, name text); INSERT INTO items VALUES (1, 'a'); CREATE VIEW shown AS TABLE orders;"
                        + " CREATE TABLE free (id int PRIMARY KEY); INSERT INTO free VALUES (1)");
    }

    private void chunk(int most) {
        database.run("SELECT leat_poller.load_chunk(" + most + ")");
    }

    private String loads() {
        return String.valueOf(database.rows("SELECT table_name, state, loaded FROM leat_internal.load ORDER BY load"));
    }

    private static void assertRefused(CliRun.Result result, int exitCode, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void aTableIsAttachedAndLoadedByOneCommand() {
        CliRun.Result result = cli.leat("attach", "public.orders", "--load");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines()).containsExactly("public.orders: attached", "public.orders: to be loaded");
        chunk(1000);
        assertThat(loads()).isEqualTo("[[orders, finished, 100]]");
    }

    @Test
    void severalTablesAreLoadedByTheirOptions() {
        database.run("SELECT leat.attach('public.orders')");
        assertThat(cli.leat("load", "public.orders", "--where", "id <= 7 AND state = 'new'", "--chunk", "5")
                        .exitCode())
                .isZero();
        // All of them or none.
        assertRefused(
                cli.leat("load", "public.free", "public.orders", "--only"),
                ExitCode.REFUSED,
                "public.orders is attached");
        CliRun.Result only =
                cli.leat("load", "public.items", "public.free", "--only", "--key", "id", "--stream", "other");
        assertThat(only.out().lines()).containsExactly("public.items: to be loaded", "public.free: to be loaded");
        assertThat(only.errLines())
                .singleElement()
                .asString()
                .startsWith("leat: warning: public.items: no index has the order");
        for (int i = 0; i < 8; i++) {
            chunk(1000);
        }
        assertThat(loads()).isEqualTo("[[orders, finished, 7], [items, finished, 1], [free, finished, 1]]");
        assertThat(
                        database.value(
                                "SELECT string_agg(partition_key, ' ' ORDER BY partition_key) FROM leat_internal.outbox WHERE stream = 'other'"))
                .isEqualTo("public.free.1 public.items(id).1");
    }

    @Test
    void loadsArePausedResumedCancelledAndRestarted() {
        cli.leat("attach", "public.orders", "--load");
        chunk(10);
        assertThat(cli.leat("load", "pause", "public.orders").out()).isEqualToIgnoringNewLines("public.orders: paused");
        assertThat(loads()).isEqualTo("[[orders, paused, 10]]");
        assertThat(cli.leat("load", "resume", "public.orders").out())
                .isEqualToIgnoringNewLines("public.orders: resumed");
        assertThat(cli.leat("load", "cancel", "public.orders").out())
                .isEqualToIgnoringNewLines("public.orders: cancelled");
        assertRefused(
                cli.leat("load", "resume", "public.orders"),
                ExitCode.REFUSED,
                "leat.resume_load: the load of public.orders is cancelled",
                "restart it");
        assertThat(cli.leat("load", "restart", "public.orders").out())
                .isEqualToIgnoringNewLines("public.orders: restarted");
        assertThat(loads()).isEqualTo("[[orders, running, 0]]");
        assertRefused(
                cli.leat("load", "public.orders"),
                ExitCode.REFUSED,
                "public.orders is being loaded already",
                "cancel it first");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "load | 2 | name a table, such as public.orders, or say pause, resume, cancel or restart",
                "load orders | 2 | name the table orders with its schema, such as public.orders",
                "load public.nowhere | 6 | the table public.nowhere does not exist",
                "load public.ORDERS\" | 6 | the table public.ORDERS\" does not exist",
                "load public.shown | 6 | public.shown is a view, and only tables of the application can be loaded",
                "load public.orders | 6 | public.orders is not attached, so changes while it is loaded would be missed",
                "load public.items --only | 6 | public.items has no primary key whose order a load could follow",
                "load public.free --only --where id> | 6 | the filter is no expression over the columns of public.free",
                "load public.free --only --chunk 0 | 6 | a chunk has at least one row",
                "load public.free --only --chunk x | 2 | --chunk",
                "load public.free --only --trust nobody | 6 | there is no role",
                "load public.orders --mask id | 2 | --exclude, --mask and --stream go with --only",
                "load public.orders --key id | 6 | public.orders is not attached",
                "load public.orders public.free --where true | 2 | --where is about the columns of one table",
                "load pause public.orders | 6 | public.orders was never loaded",
                "load pause | 2 | Missing required parameter",
                "attach --file x.yaml --load | 2 | --load goes with a table"
            })
    void badInputEndsInOneLine(String command, int exitCode, String says) {
        assertRefused(cli.leat(command.split(" ", -1)), exitCode, says);
        assertThat(loads()).isEqualTo("[]");
    }

    @Test
    void whoIsNotLeatsOwnerIsToldWhoIs() {
        database.run("SELECT leat.grant_poller('" + database.role("leat_poller")
                + "'); SELECT leat.attach('public.orders')");
        assertRefused(
                CliRun.on(database, "leat_poller").leat("load", "public.orders"),
                ExitCode.DATABASE,
                "attach, detach, load, replay and reconcile are for the owner of Leat: log in as leat_owner");
    }

    @Test
    void statusShowsHowFarALoadHasCome() throws Exception {
        cli.leat("attach", "public.orders", "--load");
        chunk(25);
        database.run("UPDATE leat_internal.load SET rate = 50");
        assertThat(cli.leat("status").out())
                .containsPattern("LOAD OF +STATE +REMARK +ROWS +OF ABOUT +ROWS/S +LEFT")
                .containsPattern("public.orders +running +\\[#####[.]{15}\\]  25 % +25 +100 +50 +2 s");
        JsonNode load =
                new ObjectMapper().readTree(cli.leat("status", "--json").out()).at("/loads/0");
        assertThat(load.at("/schema").asText() + "." + load.at("/table").asText())
                .isEqualTo("public.orders");
        assertThat(load.at("/state").asText()).isEqualTo("running");
        assertThat(load.at("/rows").asInt()).isEqualTo(25);
        assertThat(load.at("/estimated_rows").asInt()).isEqualTo(100);
        assertThat(load.at("/percent").asInt()).isEqualTo(25);
        assertThat(load.at("/rows_per_second").asDouble()).isEqualTo(50);
        assertThat(load.at("/seconds_left").asDouble()).isEqualTo(1.5);
        assertThat(load.at("/error").isNull()).isTrue();
        assertThat(load.at("/ended_at").isNull()).isTrue();
    }

    @Test
    void aLoadIsWaitedForUntilItHasEnded() {
        database.run("SELECT leat.attach('public.orders')");
        CompletableFuture<CliRun.Result> waiting =
                CompletableFuture.supplyAsync(() -> cli.leat("load", "public.orders", "--chunk", "50", "--wait"));
        for (int chunks = 1; chunks <= 2; chunks++) {
            String loaded = Integer.toString(50 * chunks);
            Await.until("a chunk", Duration.ofSeconds(20), () -> {
                chunk(50);
                return loaded.equals(database.value("SELECT max(loaded) FROM leat_internal.load"));
            });
        }
        CliRun.Result result = waiting.join();
        assertThat(result.exitCode()).isZero();
        assertThat(result.err()).contains("no poller runs, so nothing is loaded until one does (leat run)");
        assertThat(result.out().lines())
                .last()
                .asString()
                .isEqualTo("public.orders  [####################] 100 %  finished, 100 of about 100 rows");
    }

    @Test
    void aLoadThatFailsWhileItIsWaitedForIsNotWell() {
        database.run("SELECT leat.attach('public.orders')");
        CompletableFuture<CliRun.Result> waiting =
                CompletableFuture.supplyAsync(() -> cli.leat("load", "public.orders", "--wait"));
        Await.until("the load", Duration.ofSeconds(20), () -> !loads().equals("[]"));
        database.run("SELECT leat.detach('public.orders')");
        chunk(50);
        CliRun.Result result = waiting.join();
        assertThat(result.exitCode()).isEqualTo(ExitCode.NOT_WELL);
        assertThat(result.out())
                .contains("failed, 0 rows, the table is not attached any more, so changes would be missed");
    }
}
