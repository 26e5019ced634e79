package dev.leat.demo;

import dev.leat.localstream.LocalStream;
import dev.leat.localstream.LocalStreamOptions;
import dev.leat.schema.Migrations;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.postgresql.ds.PGSimpleDataSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** One run of the demo: starts all parts, runs them to the verdict, and removes them. */
final class DemoRun {

    private static final String STREAM = "shop";
    private static final int SHARDS = 4;
    private static final int WRITERS = 4;
    private static final int CUSTOMERS = 2_000;
    private static final Duration CONSUMER_PAUSE = Duration.ofMillis(10);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Plan plan;
    private final Progress progress;

    DemoRun(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    /**
     * The options of a run.
     *
     * @param seconds how long the writers write; 0: until they are stopped
     * @param rate about how many changes per second
     * @param port of the local stream; 0: a free one
     */
    record Plan(int seconds, int rate, int pollers, int port, long seed) {}

    /** A part did not start, or failed. */
    static final class CannotRun extends Exception {
        private static final long serialVersionUID = 1L;

        CannotRun(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Runs to the verdict.
     *
     * @param stop stops the writers early
     * @return whether everything arrived in order
     */
    boolean run(CountDownLatch stop) throws CannotRun {
        progress.line("Leat: row changes from PostgreSQL to a Kinesis stream, in order for each key");
        progress.line("");
        progress.line("  Starting an embedded PostgreSQL and a local stream.");
        progress.line("");
        try (LocalStream stream = LocalStream.start(plan.port(), LocalStreamOptions.defaults());
                EmbeddedServer server = EmbeddedServer.start()) {
            stream.createStream(STREAM, SHARDS);
            return run(stream, server, stop);
        } catch (SQLException | IOException | RuntimeException e) {
            throw new CannotRun(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotRun("interrupted", e);
        }
    }

    private boolean run(LocalStream stream, EmbeddedServer server, CountDownLatch stop)
            throws SQLException, IOException, InterruptedException {
        server.createRole("shop");
        server.createRole("poller");
        server.createDatabase("shop", "shop");
        PGSimpleDataSource owner = server.dataSource("shop", "shop");
        Migrations.migrate(owner);
        Truth truth = new Truth(owner);
        truth.install();
        Shop shop = new Shop(owner);
        shop.open();
        Truth.run(owner, "SELECT leat.grant_poller('poller')");
        introduce(stream, server);

        Watch watch = new Watch(truth, stream, STREAM, progress);
        List<DemoPoller> pollers = new ArrayList<>();
        try (KinesisClient kinesis =
                        DemoPoller.client(stream.endpoint(), stream.region()).build();
                StreamReader reader = new StreamReader(kinesis, STREAM, CONSUMER_PAUSE, watch::read)) {
            for (int i = 0; i < plan.pollers(); i++) {
                DemoPoller poller =
                        new DemoPoller(server.dataSource("shop", "poller"), stream.endpoint(), stream.region(), STREAM);
                pollers.add(poller);
                poller.start();
            }
            reader.start();
            try (Traffic traffic = new Traffic(shop, owner, WRITERS, plan.rate(), plan.seed())) {
                progress.line("  Inserting the first " + CUSTOMERS
                        + " customers. The figures begin when all of them have arrived.");
                progress.line("");
                shop.fill(CUSTOMERS);
                watch.drain(PATIENCE, List.of(reader::check));
                watch.begin();
                traffic.start();
                watch.watchFor(Duration.ofSeconds(plan.seconds()), stop, List.of(traffic::check, reader::check));
            }
            watch.drain(PATIENCE, List.of(reader::check));
            pollers.forEach(DemoPoller::close);
            // Records that a poller sent while it stopped would be repeats. They are read too.
            watch.drain(PATIENCE, List.of(reader::check));
        } finally {
            pollers.forEach(DemoPoller::close);
        }
        for (DemoPoller poller : pollers) {
            if (poller.failure() != null) {
                progress.line("  a claim of a poller failed and was repeated: " + poller.failure());
            }
        }
        return watch.verdict();
    }

    private void introduce(LocalStream stream, EmbeddedServer server) throws SQLException, IOException {
        progress.part(
                "PostgreSQL",
                "localhost:" + server.port() + ", database shop   (" + server.version()
                        + ", embedded, removed at the end)");
        progress.part(
                "stream",
                stream.endpoint() + "   (a local stand-in for Amazon Kinesis; stream \"" + STREAM + "\", " + SHARDS
                        + " shards)");
        progress.part(
                "tables",
                "customers, order_lines, stock, orders (partition key: customer_id), and domain events (leat.publish)");
        progress.part(
                "writers",
                WRITERS + ", about " + plan.rate() + " changes/s together, some rolled back   (seed " + plan.seed()
                        + ")");
        progress.part("pollers", plan.pollers() + ", which share the 64 lanes of the outbox");
        progress.part("consumer", "reads every shard by the AWS SDK, and checks that all changes arrive in order");
        progress.line("");
        progress.line("  To look at it while it runs:");
        progress.line("    PGPASSFILE=" + server.passwordFile("shop", "shop") + " psql -h localhost -p " + server.port()
                + " -U shop shop");
        progress.line("    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws --region " + stream.region()
                + " --endpoint-url " + stream.endpoint() + " kinesis list-shards --stream-name " + STREAM);
        progress.line(
                "  The file has the password of the role shop, which is new for each run. Only you can read the file.");
        progress.line("");
    }
}
