package dev.leat.load;

import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The test of {@link LoadedStreamTest} with two processes. Every few seconds, unless they are behind, one of them is killed and another one is started.
 * {@code -Dleat.test.load.rows} sets the number of rows of each table, and {@code -Dleat.test.load.rounds} the number of rounds, each with the
 * next seed.
 */
@Tag("postgres")
class KilledLoadersIT {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);
    private static final int ROUNDS = Integer.getInteger("leat.test.load.rounds", 1);
    private static final int ROWS = Integer.getInteger("leat.test.load.rows", Extent.of(1_000, 5_000));
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration LIFE = Duration.ofSeconds(5);

    /** With more events in the outbox nobody is killed: loads wait for pollers that are behind. */
    private static final int KEPT_UP = 1_000;

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Deque<LeatProcess> pollers = new ArrayDeque<>();
    private long killAt = System.nanoTime() + LIFE.toNanos();

    static LongStream seeds() {
        return LongStream.range(SEED, SEED + ROUNDS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whoeverIsKilledTheViewOfAConsumerEqualsTheTables(long seed) throws Exception {
        String role = database.role("leat_loader");
        database.run("SELECT leat.grant_poller('" + role + "')");
        try (LoadedTables tables = new LoadedTables(database, ROWS, 400, seed)) {
            start(role);
            start(role);
            tables.load();
            Await.until("three loads to end", PATIENCE, () -> {
                if (System.nanoTime() - killAt > 0 && tables.waiting() < KEPT_UP) {
                    pollers.removeFirst().kill();
                    start(role);
                    killAt = System.nanoTime() + LIFE.toNanos();
                }
                return tables.ended();
            });
            tables.settle(PATIENCE);
            tables.check(stream);
        } finally {
            pollers.forEach(LeatProcess::close);
        }
    }

    private void start(String role) {
        pollers.addLast(LeatProcess.start(
                new LeatProcess.Environment(database, role, stream.local().endpoint(), TestStream.NAME), "run"));
    }
}
