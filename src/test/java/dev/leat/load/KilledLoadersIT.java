package dev.leat.load;

import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same with two processes, of which one is killed every few seconds and another one started. {@code -Dleat.test.load.rows} says how many rows
 * each table has.
 */
@Tag("postgres")
class KilledLoadersIT {

    private static final int ROWS = Integer.getInteger("leat.test.load.rows", 20_000);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration LIFE = Duration.ofSeconds(5);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Deque<LeatProcess> pollers = new ArrayDeque<>();
    private long killAt = System.nanoTime() + LIFE.toNanos();

    @Test
    void whoeverIsKilledTheViewOfAConsumerEqualsTheTables() throws Exception {
        String role = database.role("leat_loader");
        database.run("SELECT leat.grant_poller('" + role + "')");
        try (LoadedTables tables = new LoadedTables(database, ROWS, 400)) {
            start(role);
            start(role);
            tables.load();
            Await.until("three loads to end", PATIENCE, () -> {
                if (System.nanoTime() - killAt > 0) {
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
