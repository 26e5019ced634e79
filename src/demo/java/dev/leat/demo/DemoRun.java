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

/** One run of the demo, from the first part started to the last one removed. */
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
     * What the person wants.
     *
     * @param seconds how long the traffic lasts; 0: until it is stopped
     * @param rate changes per second
     * @param port the local stream's; 0: any
     */
    record Plan(int seconds, int rate, int pollers, int port, long seed) {}

    /** A part did not start, or broke down. */
    static final class CannotRun extends Exception {
        private static final long serialVersionUID = 1L;

        CannotRun(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Runs to the verdict.
     *
     * @param stop ends the traffic early
     * @return whether everything arrived in order
     */
    boolean run(CountDownLatch stop) throws CannotRun {
        progress.line("Leat: row changes from PostgreSQL to a Kinesis stream, in order for each key");
        progress.line("");
        progress.line("  An embedded PostgreSQL is unpacked and started, and a local stream beside it.");
        progress.line("");
        try (LocalStream stream = LocalStream.start(plan.port(), LocalStreamOptions.defaults());
                EmbeddedServer server = EmbeddedServer.start()) {
            stream.createStream(STREAM, SHARDS);
            return carry(stream, server, stop);
        } catch (SQLException | IOException | RuntimeException e) {
            throw new CannotRun(e.getMessage() == null ? e.toString() : e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CannotRun("interrupted", e);
        }
    }

    private boolean carry(LocalStream stream, EmbeddedServer server, CountDownLatch stop)
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
                shop.fill(CUSTOMERS);
                watch.drain(PATIENCE, List.of(reader::check));
                watch.begin();
                traffic.start();
                watch.lookOn(Duration.ofSeconds(plan.seconds()), stop, List.of(traffic::check, reader::check));
            }
            watch.drain(PATIENCE, List.of(reader::check));
            pollers.forEach(DemoPoller::close);
            // What a poller sends when it stops would be one delivery too many.
            watch.drain(PATIENCE, List.of(reader::check));
        } finally {
            pollers.forEach(DemoPoller::close);
        }
        for (DemoPoller poller : pollers) {
            if (poller.failure() != null) {
                progress.line("  a pass of a poller failed and was repeated: " + poller.failure());
            }
        }
        return watch.verdict();
    }

    private void introduce(LocalStream stream, EmbeddedServer server) throws SQLException, IOException {
        progress.part(
                "PostgreSQL",
                server.url("shop") + "?user=shop   (" + server.version() + ", embedded, removed at the end)");
        progress.part(
                "stream",
                stream.endpoint() + "   (a local stand-in for Amazon Kinesis; stream \"" + STREAM + "\", " + SHARDS
                        + " shards)");
        progress.part(
                "tables",
                "customers, order_lines, stock by primary key; orders by customer_id; events by leat.publish");
        progress.part(
                "traffic",
                WRITERS + " writers, about " + plan.rate() + " changes/s, some rolled back   (seed " + plan.seed()
                        + ")");
        progress.part("pollers", plan.pollers() + ", sharing the lanes");
        progress.part("consumer", "reads every shard by the AWS SDK, and checks order and loss");
        progress.line("");
        progress.line("  Have a look while it runs:");
        progress.line("    PGPASSFILE=" + server.passwordFile("shop", "shop") + " psql -h localhost -p " + server.port()
                + " -U shop shop");
        progress.line("    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws --region " + stream.region()
                + " --endpoint-url " + stream.endpoint() + " kinesis list-shards --stream-name " + STREAM);
        progress.line("  The file holds the password of the role shop, drawn for this run; only you can read it.");
        progress.line("");
    }
}
