package dev.leat.cluster;

import dev.leat.demo.Shop;
import dev.leat.demo.Traffic;
import dev.leat.demo.Truth;
import dev.leat.demo.Verdict;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Audit;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A busy shop in its own database, a stream, pollers as processes, and a consumer that checks. */
final class Cluster implements AutoCloseable {

    /** What the pollers log in as: it may claim and settle, and nothing else. */
    static final String ROLE = "leat_runner";

    private static final int SHARDS = 4;
    private static final int WRITERS = 4;

    private final TestDatabase database = TestServer.shared().database();
    private final TestStream stream = new TestStream(SHARDS);
    private final Shop shop = new Shop(database.owner());
    private final List<LeatProcess> pollers = new ArrayList<>();
    private final Audit audit;
    private @Nullable Traffic traffic;

    Cluster(int customers) throws SQLException {
        Truth truth = new Truth(database.owner());
        truth.install();
        shop.open();
        database.role(ROLE);
        database.run("SELECT leat.grant_poller('" + ROLE + "')");
        shop.fill(customers);
        audit = new Audit(truth, stream.client(), TestStream.NAME);
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

    Audit audit() {
        return audit;
    }

    /** Starts one more poller. */
    void startPoller() {
        pollers.add(LeatProcess.start(
                new LeatProcess.Environment(database, ROLE, stream.local().endpoint(), TestStream.NAME), "run"));
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

    /** Waits until everything committed has arrived and everything in the stream has been read. */
    void drain() throws SQLException {
        audit.drain(Duration.ofSeconds(60));
        Await.until(
                "the stream to be read to its end",
                Duration.ofSeconds(10),
                () -> audit.read() == stream.local().recordCount(TestStream.NAME));
    }

    Verdict verdict() {
        return audit.verdict();
    }

    @Override
    public void close() {
        if (traffic != null) {
            traffic.close();
        }
        pollers.forEach(LeatProcess::close);
        audit.close();
        stream.close();
        database.close();
    }
}
