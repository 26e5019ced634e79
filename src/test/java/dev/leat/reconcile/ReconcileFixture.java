package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import dev.leat.database.PinnedDataSource;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.reconcile.Reconciliation.ReconcileOptions;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;

/** A database, a stream and pollers between them, and comparisons of tables with that stream. */
abstract class ReconcileFixture {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    @AutoClose
    final TestDatabase database = TestServer.shared().database();

    @AutoClose
    final TestStream stream = new TestStream(2);

    private final List<LeatPoller> pollers = new ArrayList<>();

    /** What one comparison has found; the differences by kind and partition key. */
    record Found(Reconciled result, Map<String, Difference> differences) {

        /** The difference of that kind and partition key, which must be there. */
        Difference difference(String name) {
            return Objects.requireNonNull(differences.get(name), name);
        }

        Map<Count, Long> rows() {
            return new EnumMap<>(result.rows());
        }
    }

    void run(String sql) {
        database.run(sql);
    }

    LeatPoller poller(PollerSettings settings) throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(settings)
                .build();
        poller.start();
        pollers.add(poller);
        return poller;
    }

    LeatPoller poller() throws SQLException {
        return poller(PollerSettings.builder().build());
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (LeatPoller poller : pollers) {
            poller.stop(Duration.ofSeconds(20));
        }
    }

    void awaitPublished() {
        database.awaitEmptyOutbox(PATIENCE);
    }

    void awaitLoaded() {
        Await.until(
                "loads to end",
                PATIENCE,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.load WHERE state = 'running'")));
    }

    static ReconcileOptions options(@Nullable Instant from, Instant keptSince) {
        return new ReconcileOptions(
                TestStream.NAME, from, keptSince, null, true, PATIENCE, new ReadPace(200, 1 << 30), 100);
    }

    Found reconcile(String table) throws SQLException {
        return reconcile(table, options(null, Instant.EPOCH));
    }

    Found reconcile(String table, ReconcileOptions options) throws SQLException {
        SourceDatabase source = new SourceDatabase(PinnedDataSource.of(database.owner()), table, List.of());
        Map<String, Difference> differences = new TreeMap<>();
        Reconciled result = new Reconciliation(
                        source,
                        source.table(),
                        stream.client(),
                        options,
                        difference -> differences.put(
                                difference.kind() + " " + difference.partitionKey()
                                        + (difference.rowKey() == null ? "" : " " + difference.rowKey()),
                                difference),
                        line -> {})
                .run();
        return new Found(result, differences);
    }

    void assertEqual(String table, long rows) throws SQLException {
        Found found = reconcile(table);
        assertThat(found.differences()).isEmpty();
        assertThat(found.rows()).isEqualTo(Map.of(Count.EQUAL, rows));
    }
}
