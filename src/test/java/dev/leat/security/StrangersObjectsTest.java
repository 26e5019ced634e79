package dev.leat.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.CliRun;
import dev.leat.app.LocalAws;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("postgres")
class StrangersObjectsTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int RECORDS = 11;

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final String poller = database.role("leat_trapped");
    private final CliRun owner = CliRun.on(database);
    private final CliRun run = CliRun.on(database, poller);

    static Stream<String> paths() {
        return Extent.some(1, List.of("\"$user\", public, pg_catalog", "\"$user\", public")).stream();
    }

    @ParameterizedTest
    @MethodSource("paths")
    void noCommandCallsWhatAStrangerHasMadeOnTheRolesPath(String path) throws Exception {
        streams.createStream("changes", 1);
        owner.environment.put("LEAT_STREAM", "changes");
        run.environment.put("LEAT_STREAM", "changes");
        database.superuser("CREATE TABLE public.orders (id bigint PRIMARY KEY, note text);"
                + "ALTER TABLE public.orders OWNER TO " + TestServer.OWNER
                + "; CREATE TABLE public.lines (id bigint PRIMARY KEY, note varchar(20), price numeric);"
                + "ALTER TABLE public.lines OWNER TO " + TestServer.OWNER);
        // The schema public is on every path. A schema named like a role comes before it; to fill those too takes three
        // times as long.
        Traps traps = Traps.set(database, Extent.of(0, 1) == 0 ? List.of() : List.of(TestServer.OWNER, poller));
        for (String role : List.of(TestServer.OWNER, poller)) {
            database.superuser("ALTER ROLE " + role + " IN DATABASE " + database.name() + " SET search_path = " + path);
        }

        done(owner, "migrate");
        assertThat(traps.fired()).as("after migrate").isEmpty();
        database.superuser("SET search_path = pg_catalog; SELECT leat.grant_poller('" + poller + "')");
        done(owner, "attach", "public.orders", "--mask", "note");
        done(owner, "attach", "public.orders");
        done(owner, "attach", "public.lines", "--capture", "statement");
        done(owner, "migrate");
        carry();
        done(owner, "status");
        done(run, "status", "--json");
        done(run, "quarantine", "list");
        done(run, "quarantine", "list", "--key", "public.orders.1", "--state", "waiting,retry", "--json");
        done(run, "quarantine", "retry", "--all");
        done(run, "doctor");
        done(owner, "doctor");
        done(owner, "detach", "public.orders");

        assertThat(traps.fired()).isEmpty();
    }

    private void carry() throws Exception {
        CompletableFuture<CliRun.Result> running =
                CompletableFuture.supplyAsync(() -> run.leat("run", "--retain", "1d"));
        try (Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            statement.execute("INSERT INTO public.orders VALUES (1, 'a'), (2, 'b')");
            statement.execute("DELETE FROM public.orders");
            statement.execute("INSERT INTO public.lines VALUES (1, 'a', 1.5), (2, 'b', 2.5)");
            // By the slower way, in the window after DDL.
            statement.execute(
                    "BEGIN; ALTER TABLE public.orders RENAME id TO nr; ALTER TABLE public.lines RENAME id TO nr;"
                            + " INSERT INTO public.orders VALUES (3, 'c'); INSERT INTO public.lines VALUES (3, 'c', 3.5); COMMIT");
            statement.execute("DELETE FROM public.lines");
        }
        Await.until("what was changed", LONG, () -> streams.recordCount("changes") == RECORDS || running.isDone());
        run.stop.countDown();
        CliRun.Result result = running.get(60, TimeUnit.SECONDS);
        assertThat(result.exitCode()).as(result.toString()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(streams.recordCount("changes")).isEqualTo(RECORDS);
    }

    private static void done(CliRun cli, String... arguments) {
        CliRun.Result result = cli.leat(arguments);
        assertThat(result.exitCode())
                .as(String.join(" ", arguments) + ": " + result)
                .isZero();
        assertThat(result.err()).isEmpty();
    }
}
