package dev.leat.cluster;

import dev.leat.demo.Checker;
import dev.leat.demo.Delivery;
import dev.leat.demo.Envelope;
import dev.leat.demo.Shop;
import dev.leat.demo.StreamReader;
import dev.leat.demo.Traffic;
import dev.leat.demo.Truth;
import dev.leat.demo.Verdict;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.Record;

/** A busy shop on a database of its own, a stream, pollers in processes of their own, and a consumer that checks. */
final class Cluster implements AutoCloseable {

    /** What the pollers log in as: it may claim and settle, and nothing else. */
    static final String ROLE = "leat_runner";

    private static final int SHARDS = 4;
    private static final int WRITERS = 4;
    private static final Duration LOOK = Duration.ofMillis(50);

    private final TestDatabase database = TestServer.shared().database();
    private final TestStream stream = new TestStream(SHARDS);
    private final String role = database.role(ROLE);
    private final Truth truth = new Truth(database.owner());
    private final Shop shop = new Shop(database.owner());
    private final Checker checker = new Checker();
    private final AtomicLong read = new AtomicLong();
    private final ConcurrentHashMap<String, Long> arrivals = new ConcurrentHashMap<>();
    private final List<LeatProcess> pollers = new ArrayList<>();
    private final StreamReader reader;
    private @Nullable Traffic traffic;

    Cluster(int customers) throws SQLException {
        truth.install();
        shop.open();
        database.run("SELECT leat.grant_poller('" + role + "')");
        shop.fill(customers);
        Envelope envelope = new Envelope(truth.identities());
        reader = new StreamReader(
                stream.client(), TestStream.NAME, Duration.ofMillis(10), record -> consume(envelope, record));
        reader.start();
    }

    private void consume(Envelope envelope, Record record) {
        Delivery delivery = envelope.read(record.partitionKey(), record.data().asByteArrayUnsafe());
        if (checker.deliver(delivery)) {
            arrivals.put(record.partitionKey(), System.nanoTime());
        }
        read.incrementAndGet();
    }

    TestDatabase database() {
        return database;
    }

    LocalStream stream() {
        return stream.local();
    }

    List<LeatProcess> pollers() {
        return pollers;
    }

    /** Starts one more poller. */
    void startPoller() {
        pollers.add(LeatProcess.start(
                new LeatProcess.Environment(database, role, stream.local().endpoint(), TestStream.NAME), "run"));
    }

    void startTraffic(int changesPerSecond, long seed) {
        traffic = new Traffic(shop, database.owner(), WRITERS, changesPerSecond, seed);
        traffic.start();
    }

    void stopTraffic() throws SQLException {
        if (traffic != null) {
            traffic.close();
            traffic.check();
            traffic = null;
        }
    }

    /** Goes on for that long, taking in the truth. */
    void goOn(Duration duration) throws SQLException {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() - end < 0) {
            look();
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /** Goes on until everything committed and everything in the stream has been read; after the patience fails. */
    void drain(Duration patience) throws SQLException {
        long end = System.nanoTime() + patience.toNanos();
        look();
        while (checker.behind() > 0 || read.get() < stream.local().recordCount(TestStream.NAME)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(
                        "not drained after " + patience + ": " + checker.behind() + " behind, " + checker.verdict());
            }
            LockSupport.parkNanos(LOOK.toNanos());
            look();
        }
    }

    private void look() throws SQLException {
        reader.check();
        if (traffic != null) {
            traffic.check();
        }
        truth.take().forEach(checker::expect);
    }

    /** When the last new event of that partition key was read, in nanoseconds of the monotonic clock; 0 if none was. */
    long arrivedAt(String partitionKey) {
        return arrivals.getOrDefault(partitionKey, 0L);
    }

    Verdict verdict() {
        return checker.verdict();
    }

    @Override
    public void close() {
        if (traffic != null) {
            traffic.close();
        }
        pollers.forEach(LeatProcess::close);
        reader.close();
        stream.close();
        database.close();
    }
}
