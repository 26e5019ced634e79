package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.PgBouncer;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All commands behind a real PgBouncer, whose sessions they share with another application. */
@Tag("postgres")
@Tag("full")
class PgBouncerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String POLLER = "leat_poller";

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private PgBouncer pooler(Map<String, String> settings) {
        return PgBouncer.start(database, List.of(POLLER), settings);
    }

    private CliRun cli(PgBouncer pooler, String role) {
        CliRun cli = CliRun.on(database, role);
        cli.environment.put("LEAT_DATABASE_URL", pooler.url(database));
        cli.environment.put("LEAT_STREAM", "changes");
        return cli;
    }

    private static void done(CliRun cli, String... arguments) {
        CliRun.Result result = cli.leat(arguments);
        assertThat(result.exitCode()).as(result.toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"transaction, 4, 0", "transaction, 4, 100", "session, 20, 0"})
    void allCommandsWork(String mode, int sessions, int prepared) throws Exception {
        Assumptions.assumeTrue(
                prepared == 0 || PgBouncer.preparesStatements(), "this PgBouncer has no max_prepared_statements");
        Map<String, String> settings =
                new HashMap<>(Map.of("pool_mode", mode, "default_pool_size", Integer.toString(sessions)));
        if (PgBouncer.preparesStatements()) {
            settings.put("max_prepared_statements", Integer.toString(prepared));
        }
        database.role(POLLER);
        streams.createStream("changes", 2);
        try (PgBouncer pooler = pooler(settings)) {
            CliRun owner = cli(pooler, TestServer.OWNER);
            CliRun poller = cli(pooler, POLLER);
            done(owner, "migrate");
            done(owner, "migrate");
            database.run("CREATE TABLE public.orders (id int PRIMARY KEY, note text)");
            done(owner, "attach", "public.orders");
            database.run("SELECT leat.grant_poller('leat_poller')");
            List<String> others = List.of();
            if (mode.equals("transaction")) {
                assertThat(names(pooler, TestServer.OWNER, sessions)).containsOnly("");
                // Another application prepares by name, which it can as long as it holds a session.
                inEach(pooler, TestServer.OWNER, sessions, "prepareThreshold=1", "SELECT 'mine'");
                others = names(pooler, TestServer.OWNER, sessions);
            }
            for (int round = 0; round < 2; round++) {
                done(owner, "attach", "public.orders");
                done(poller, "status");
                done(poller, "doctor");
                done(poller, "quarantine", "list");
            }
            publishes(pooler, poller, cli(pooler, POLLER));
            done(owner, "detach", "public.orders");
            if (mode.equals("transaction")) {
                assertThat(names(pooler, TestServer.OWNER, sessions)).containsExactlyInAnyOrderElementsOf(others);
                assertThat(names(pooler, POLLER, sessions)).containsOnly("");
            }
            assertThat(pooler.said()).doesNotContain("already exists");
        }
    }

    /** Two pollers, while the pooler's sessions are ended under them. */
    private void publishes(PgBouncer pooler, CliRun... pollers) throws Exception {
        List<CompletableFuture<CliRun.Result>> runs = new ArrayList<>();
        for (CliRun poller : pollers) {
            runs.add(CompletableFuture.supplyAsync(() -> poller.leat("run", "--retain", "1d", "--workers", "1")));
        }
        try (Connection writer = pooler.connect(database, TestServer.OWNER, "prepareThreshold=0")) {
            for (int i = 1; i <= 5; i++) {
                try (PreparedStatement insert = writer.prepareStatement("INSERT INTO public.orders VALUES (?, 'x')")) {
                    insert.setInt(1, i);
                    insert.execute();
                }
                String key = "\"id\":" + i + "}";
                Await.until(
                        "order " + i + " of " + keys(),
                        PATIENCE,
                        () -> keys().contains(key) || runs.stream().anyMatch(CompletableFuture::isDone));
                assertThat(runs).noneMatch(CompletableFuture::isDone);
                database.superuser(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'leat_poller'");
            }
        }
        database.awaitEmptyOutbox(PATIENCE);
        for (CliRun poller : pollers) {
            poller.stop.countDown();
        }
        for (CompletableFuture<CliRun.Result> run : runs) {
            CliRun.Result result = run.get(60, TimeUnit.SECONDS);
            assertThat(result.exitCode()).as(result.err()).isZero();
            assertThat(result.err()).doesNotContain("prepared statement");
        }
    }

    private Set<String> keys() {
        return streams.records("changes").stream()
                .map(record -> new String(record.data(), StandardCharsets.UTF_8)
                        .replaceAll("(?s).*\"key\":\\{(\"id\":\\d+\\}).*", "$1"))
                .collect(Collectors.toSet());
    }

    /** The prepared statements of each of the pooler's sessions. */
    private List<String> names(PgBouncer pooler, String role, int sessions) throws SQLException {
        return inEach(
                pooler,
                role,
                sessions,
                "prepareThreshold=0",
                "SELECT coalesce(string_agg(name || ' ' || statement, ', ' ORDER BY name), '') FROM pg_prepared_statements");
    }

    /** The answers of all of the pooler's sessions, which this holds at once. */
    private List<String> inEach(PgBouncer pooler, String role, int sessions, String parameters, String query)
            throws SQLException {
        List<Connection> taken = new ArrayList<>();
        try {
            List<String> answers = new ArrayList<>();
            for (int i = 0; i < sessions; i++) {
                Connection connection = pooler.connect(database, role, parameters);
                taken.add(connection);
                connection.setAutoCommit(false);
                try (PreparedStatement statement = connection.prepareStatement(query);
                        var row = statement.executeQuery()) {
                    row.next();
                    answers.add(row.getString(1));
                }
            }
            return answers;
        } finally {
            for (Connection connection : taken) {
                connection.close();
            }
        }
    }

    @Test
    void statementPoolingIsRefusedWithWhatToSet() {
        try (PgBouncer pooler = pooler(Map.of("pool_mode", "statement"))) {
            CliRun.Result result = cli(pooler, TestServer.OWNER).leat("migrate");
            assertThat(result.errLines()).as(result.toString()).hasSize(1);
            assertThat(result.err()).contains("pool_mode", "transaction or session");
            assertThat(result.exitCode()).isEqualTo(3);
        }
    }

    @Test
    void aParameterThatThePoolerDoesNotKnowIsNamedWithWhatToSet() {
        try (PgBouncer pooler = pooler(Map.of("pool_mode", "transaction"))) {
            CliRun cli = cli(pooler, TestServer.OWNER);
            cli.environment.put("LEAT_DATABASE_URL", pooler.url(database) + "?options=-c%20geqo=off");
            CliRun.Result result = cli.leat("migrate");
            assertThat(result.errLines()).as(result.toString()).hasSize(1);
            assertThat(result.err()).contains("options", "ignore_startup_parameters");
            assertThat(result.exitCode()).isEqualTo(3);
        }
    }
}
