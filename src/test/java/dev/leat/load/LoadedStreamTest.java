package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two pollers load three tables and publish them, while writers change the same rows. */
@Tag("postgres")
@Timeout(300)
class LoadedStreamTest {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final Queue<String> notices = new ConcurrentLinkedQueue<>();

    @Test
    void theViewOfAConsumerEqualsTheTablesWhateverWritersDoMeanwhile() throws Exception {
        try (LeatPoller one = poller();
                LeatPoller other = poller();
                LoadedTables tables = new LoadedTables(database, Extent.of(500, 4_000), Extent.of(100, 400), SEED)) {
            tables.load();
            Await.until("three loads to end", PATIENCE, tables::ended);
            tables.settle(PATIENCE);
            assertThat(one.stop(Duration.ofSeconds(20)).orderly()).isTrue();
            assertThat(other.stop(Duration.ofSeconds(20)).orderly()).isTrue();
            tables.check(stream);
        }
        assertThat(troubles).isEmpty();
        assertThat(notices)
                .filteredOn(notice -> notice.contains("has finished"))
                .hasSize(3);
    }

    private LeatPoller poller() throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .listener(new PollerListener() {
                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        troubles.add(cause + ", caused by " + cause.getCause());
                    }

                    @Override
                    public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
                        troubles.add(duty + ": " + cause);
                    }

                    @Override
                    public void notice(String text) {
                        notices.add(text);
                    }
                })
                .build();
        poller.start();
        return poller;
    }
}
