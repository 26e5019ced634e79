package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.LeatPoller;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import dev.leat.testkit.Writers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** Nothing can be published during the whole test. The application does not notice it, and {@code leat status} shows it. */
@Tag("postgres")
@Timeout(180)
class KinesisGoneTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    /** A writer that has to wait for a lock is to fail. Not at once: a busy machine may hold up another writer that has one. */
    private static final Duration HARDLY = Duration.ofSeconds(2);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database);

    @BeforeEach
    void table() {
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int); SELECT leat.attach('public.orders')");
    }

    @Test
    void withoutAPollerWritersGoOnAndStatusTellsTheBacklog() throws Exception {
        try (Writers writers = new Writers(database, 3, HARDLY, "public.orders")) {
            writers.awaitMore(200);
            assertThat(writers.failures()).isEmpty();
        }
        backlogIsTold();
        assertThat(cli.leat("status").out()).contains("0 alive: nothing is published");
    }

    @Test
    void whileTheEndpointRefusesConnectionsWritersNeitherFailNorWait() throws Exception {
        try (TestStream stream = new TestStream(1)) {
            writersGoOnBesideAPoller(stream, () -> stream.local().close(), 3);
        }
    }

    @Test
    void whileEveryRequestHangsWritersNeitherFailNorWait() throws Exception {
        try (TestStream stream = new TestStream(1)) {
            writersGoOnBesideAPoller(
                    stream, () -> stream.local().faults(Faults.none().hangingBeforeApplying(1)), 1);
        }
    }

    private void writersGoOnBesideAPoller(TestStream stream, Runnable trouble, int tries) throws Exception {
        AtomicInteger retries = new AtomicInteger();
        PollerListener listener = new PollerListener() {
            @Override
            public void retrying(String name, RequestFailure failure, int entries, Duration pause) {
                retries.incrementAndGet();
            }

            @Override
            public void settled(List<Outcome> outcomes, Duration took) {
                assertThat(outcomes).hasOnlyElementsOfType(Outcome.TryLater.class);
            }
        };
        PGSimpleDataSource source = database.owner();
        source.setApplicationName("the poller");
        HikariConfig config = new HikariConfig();
        config.setDataSource(source);
        try (HikariDataSource pool = new HikariDataSource(config);
                Writers writers = new Writers(database, 3, HARDLY, "public.orders")) {
            LeatPoller poller = LeatPoller.builder(pool, stream.client(), TestStream.NAME)
                    .listener(listener)
                    .build();
            trouble.run();
            poller.start();
            try {
                Await.until("the poller has tried", LONG, () -> {
                    assertThat(writers.waitingForOthers()).isZero();
                    return retries.get() >= tries || !writers.failures().isEmpty();
                });
                writers.awaitMore(100);
            } finally {
                poller.stop(Duration.ZERO);
            }
            assertThat(writers.failures()).isEmpty();
        }
        backlogIsTold();
    }

    private void backlogIsTold() throws Exception {
        database.run("UPDATE leat_internal.outbox SET captured_at = captured_at - interval '2 hours'");
        String events = String.valueOf(database.value("SELECT count(*) FROM leat_internal.outbox"));
        JsonNode backlog =
                new ObjectMapper().readTree(cli.leat("status", "--json").out()).at("/backlog");
        assertThat(backlog.at("/events").asText()).isEqualTo(events);
        assertThat(Integer.parseInt(events)).isGreaterThan(20);
        assertThat(backlog.at("/oldest_age_seconds").asDouble()).isBetween(7200.0, 7200.0 + 600);
        assertThat(backlog.at("/bytes_on_disk").asLong()).isGreaterThan(200L * Integer.parseInt(events));
        assertThat(cli.leat("status").out())
                .matches(
                        "(?s).*backlog     [0-9,]+ events, the oldest 7[0-9]+\\.\\d s old, [0-9,]+ (K|M)iB on disk\n.*");
    }
}
