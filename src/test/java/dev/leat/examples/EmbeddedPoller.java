package dev.leat.examples;

import dev.leat.Ending;
import dev.leat.LeatPoller;
import dev.leat.PollerSettings;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/** A poller that runs for as long as the application does. */
final class EmbeddedPoller implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPoller.class);

    private final KinesisClient kinesis;
    private final LeatPoller poller;

    /**
     * @param database the application's pool
     * @param client such as {@code KinesisClient.builder()}
     */
    EmbeddedPoller(DataSource database, KinesisClientBuilder client) throws SQLException {
        PollerSettings settings =
                PollerSettings.builder().workers(1).retain(Duration.ofDays(7)).build();
        kinesis = LeatPoller.prepare(client, settings).build();
        poller = LeatPoller.builder(database, kinesis, "changes")
                .settings(settings)
                .build();
        poller.start();
    }

    @Override
    public void close() throws InterruptedException {
        Ending ending = poller.stop(Duration.ofSeconds(20));
        if (!ending.orderly()) {
            LOG.warn("left to other pollers: {}", ending.waiting());
        }
        kinesis.close();
    }
}
