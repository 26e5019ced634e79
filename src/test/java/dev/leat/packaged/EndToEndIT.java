package dev.leat.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.demo.Truth;
import dev.leat.testkit.Audit;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.KinesisLocal;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** {@code leat migrate && leat attach public.t && leat run} as processes, by a role without any attribute but LOGIN. */
@Tag("postgres")
class EndToEndIT {

    private static final int ROWS = Extent.of(10_000, 100_000);

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private LeatProcess.Environment environment(URI endpoint, String stream) {
        return new LeatProcess.Environment(database, TestServer.OWNER, endpoint, stream);
    }

    /** From an empty database to an attached table whose changes the truth notes, too. */
    private Truth prepare(LeatProcess.Environment environment) throws SQLException {
        database.run("CREATE TABLE public.t (id integer PRIMARY KEY, name text, card_number text)");
        assertThat(LeatProcess.run(environment, "migrate")).contains("migrated");
        Truth truth = new Truth(database.owner());
        truth.install();
        database.run("SELECT truth.watch('public.t', '{id}', '{id}')");
        assertThat(LeatProcess.run(environment, "attach", "public.t", "--exclude", "card_number"))
                .contains("public.t");
        return truth;
    }

    @Tag("full")
    @Test
    void insertsUpdatesAndDeletesReachKinesisLocal() throws SQLException {
        try (KinesisLocal kinesis = KinesisLocal.start();
                KinesisClient client = client(kinesis.endpoint())) {
            client.createStream(request -> request.streamName("orders").shardCount(2));
            Await.until(
                    "the stream to be active",
                    Duration.ofSeconds(20),
                    () -> StreamStatus.ACTIVE
                            == client.describeStreamSummary(request -> request.streamName("orders"))
                                    .streamDescriptionSummary()
                                    .streamStatus());
            LeatProcess.Environment environment = environment(kinesis.endpoint(), "orders");
            Truth truth = prepare(environment);
            database.run("INSERT INTO public.t SELECT n, 'before the poller', '4111' FROM generate_series(1, 100) n");
            try (Audit audit = new Audit(truth, client, "orders");
                    LeatProcess poller = LeatProcess.start(environment, "run")) {
                audit.drain(Duration.ofSeconds(60));
                database.run("UPDATE public.t SET name = 'changed' WHERE id % 2 = 0");
                database.run("DELETE FROM public.t WHERE id % 3 = 0");
                database.run("UPDATE public.t SET id = id + 1000 WHERE id % 5 = 0");
                database.run("INSERT INTO public.t SELECT n, 'again', '4111' FROM generate_series(3, 99, 3) n");
                audit.drain(Duration.ofSeconds(60));
                poller.terminate();
                assertThat(poller.exitCode()).as(poller::said).isZero();
                assertThat(audit.verdict().headline()).isEqualTo("in order, nothing lost");
                assertThat(audit.verdict().duplicates()).isZero();
                assertThat(audit.read()).isBetween(200L, 1_000L);
            }
        }
    }

    @Test
    void aStatementOfManyRowsIsCarriedWhole() throws SQLException {
        try (TestStream stream = new TestStream(4)) {
            LeatProcess.Environment environment = environment(stream.local().endpoint(), TestStream.NAME);
            Truth truth = prepare(environment);
            try (Audit audit = new Audit(truth, stream.client(), TestStream.NAME);
                    LeatProcess poller = LeatProcess.start(environment, "run")) {
                long began = System.nanoTime();
                database.run(
                        "INSERT INTO public.t SELECT n, 'row ' || n, '4111' FROM generate_series(1, " + ROWS + ") n");
                long committed = System.nanoTime();
                audit.drain(Duration.ofSeconds(90));
                long arrived = System.nanoTime();
                System.out.printf(
                        "end to end: %,d rows written in %.1f s, all arrived %.1f s after the commit%n",
                        ROWS, (committed - began) / 1e9, (arrived - committed) / 1e9);
                poller.terminate();
                assertThat(poller.exitCode()).as(poller::said).isZero();
                assertThat(audit.verdict().headline()).isEqualTo("in order, nothing lost");
                assertThat(audit.verdict().committed()).isEqualTo(ROWS);
                assertThat(stream.local().records(TestStream.NAME))
                        .noneMatch(record -> new String(record.data(), java.nio.charset.StandardCharsets.UTF_8)
                                .contains("card_number"));
            }
        }
    }

    private static KinesisClient client(URI endpoint) {
        return KinesisClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build();
    }
}
