package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.PollerSettings;
import dev.leat.database.PinnedDataSource;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.testkit.Await;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/** Events that are published, readable or sent again later than others are what they are, and no differences. */
@Tag("postgres")
@Timeout(120)
class LateEventsTest extends ReconcileFixture {

    /** How often the stream is read in vain after the markers are in it. */
    private static final int READ_IN_VAIN = 20;

    private static final int MARKERS = 64;

    private void assertEqual(String table, long rows, KinesisClient kinesis, Consumer<Supplier<String>> progress)
            throws SQLException {
        SourceDatabase source = new SourceDatabase(PinnedDataSource.of(database.owner()), table, List.of());
        List<Difference> differences = new ArrayList<>();
        Reconciled result = new Reconciliation(
                        source, source.table(), kinesis, options(null, Instant.EPOCH), differences::add, progress)
                .run();
        assertThat(differences).isEmpty();
        assertThat(result.rows()).isEqualTo(Map.of(Count.EQUAL, rows));
    }

    /** The stream seems to be empty until the markers are in it, and for some reads more. */
    private KinesisClient late() {
        long before = stream.local().recordCount(TestStream.NAME);
        AtomicInteger inVain = new AtomicInteger();
        return (KinesisClient) Proxy.newProxyInstance(
                KinesisClient.class.getClassLoader(),
                new Class<?>[] {KinesisClient.class},
                (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(stream.client(), arguments);
                        return answer instanceof GetRecordsResponse read
                                        && !(stream.local().recordCount(TestStream.NAME) >= before + MARKERS
                                                && inVain.incrementAndGet() > READ_IN_VAIN)
                                ? nothingYet(read, (GetRecordsRequest) arguments[0])
                                : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    private static GetRecordsResponse nothingYet(GetRecordsResponse read, GetRecordsRequest request) {
        return read.toBuilder()
                .records(List.of())
                .millisBehindLatest(0L)
                .nextShardIterator(request.shardIterator())
                .build();
    }

    /** Kinesis does not promise that what it has acknowledged is readable at once. */
    @Test
    void whatIsReadableOnlyLaterIsWaitedFor() throws Exception {
        run("CREATE TABLE item (id int PRIMARY KEY); SELECT leat.attach('item')");
        run("INSERT INTO item SELECT generate_series(1, 30)");
        poller();
        awaitPublished();
        assertEqual("public.item", 30, late(), line -> {});
    }

    /** Events of a key that is not the primary key wait for older transactions, and markers do not. */
    @Test
    void whatWaitsInTheOutboxIsWaitedForThoughMarkersOvertakeIt() throws Exception {
        run(
                "CREATE TABLE line (id int PRIMARY KEY, customer int NOT NULL); SELECT leat.attach('line', key => '{customer}')");
        poller();
        try (Session writer = new Session(database.owner().getConnection())) {
            writer.run("BEGIN; INSERT INTO line VALUES (1, 1)");
            run("INSERT INTO line SELECT i, i % 5 FROM generate_series(2, 30) i");
            assertEqual("public.line", 30, stream.client(), line -> {
                // Only before the snapshot is taken, so that it sees the row.
                if (line.get().startsWith("waiting") && !snapshotIsHeld()) {
                    writer.run("COMMIT");
                }
            });
        }
    }

    private boolean snapshotIsHeld() {
        return "t"
                .equals(database.value("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND state = 'idle in transaction' AND backend_xmin IS NOT NULL)"));
    }

    /** A replay of all but the last changes: of each key an older event is the last one in the stream. */
    @ParameterizedTest
    @ValueSource(strings = {"{id}", "{customer}"})
    void whatIsSentAgainBehindNewerEventsDoesNotCount(String key) throws Exception {
        run("CREATE TABLE line (id int PRIMARY KEY, customer int NOT NULL, v int NOT NULL);"
                + " INSERT INTO line SELECT i, i % 5, 0 FROM generate_series(1, 40) i");
        run("SELECT leat.attach('line', key => '" + key + "')");
        run("SELECT leat.load('line')");
        poller(PollerSettings.builder().retain(Duration.ofDays(1)).build());
        awaitLoaded();
        awaitPublished();
        String until = database.value("SELECT clock_timestamp()");
        run("UPDATE line SET v = 2 WHERE id % 3 = 0; DELETE FROM line WHERE id % 11 = 0");
        run("UPDATE line SET customer = customer + 1, id = id + 100 WHERE id % 7 = 0");
        awaitPublished();
        run("SELECT leat.replay(until => '" + until + "')");
        Await.until(
                "the replay to finish",
                PATIENCE,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.replay WHERE state = 'running'")));
        assertThat(stream.texts().stream().filter(text -> text.contains("\"replay\":true")))
                .hasSize(40);
        assertEqual("public.line", 37);
    }
}
