package dev.leat.demo;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/** A poller embedded as in an application, with its own small connection pool and Kinesis client. */
final class DemoPoller implements AutoCloseable {

    private static final int WORKERS = 2;
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final HikariDataSource pool;
    private final KinesisClient kinesis;
    private final LeatPoller poller;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    DemoPoller(DataSource database, URI endpoint, String region, String stream) throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database);
        config.setMaximumPoolSize(WORKERS + 3);
        pool = new HikariDataSource(config);
        PollerSettings settings = PollerSettings.builder().workers(WORKERS).build();
        kinesis = LeatPoller.prepare(client(endpoint, region), settings).build();
        poller = LeatPoller.builder(pool, kinesis, stream)
                .settings(settings)
                .quiet()
                .listener(new PollerListener() {
                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        failure.set(cause);
                    }
                })
                .build();
    }

    /** A client of the local stream, which accepts any credentials. */
    static KinesisClientBuilder client(URI endpoint, String region) {
        return KinesisClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(region))
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")));
    }

    void start() {
        poller.start();
    }

    /** Why a claim failed last; null if none failed. */
    @Nullable
    RuntimeException failure() {
        return failure.get();
    }

    /** Finishes its claims and closes its connections. A second call does nothing. */
    @Override
    public void close() {
        if (pool.isClosed()) {
            return;
        }
        try {
            poller.stop(GRACE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            kinesis.close();
            pool.close();
        }
    }
}
