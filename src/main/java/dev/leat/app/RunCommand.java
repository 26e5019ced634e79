package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Pools;
import dev.leat.app.connection.StreamOpening;
import dev.leat.config.Settings;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.PublishSettings;
import dev.leat.maintenance.PollerRegistry;
import dev.leat.observe.LogListener;
import dev.leat.poller.PollerRuntime;
import dev.leat.poller.StreamCheck;
import dev.leat.settings.Durations;
import dev.leat.settings.Setting;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import software.amazon.awssdk.services.kinesis.KinesisClient;

@Command(
        name = "run",
        description =
                "Publishes events until it is stopped (SIGTERM or Ctrl-C). Start as many as you like: they share the work.")
final class RunCommand extends DatabaseCommand {

    private static final Logger LOG = LoggerFactory.getLogger("dev.leat");

    RunCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    List<Setting<?>> settings() {
        return Settings.OF_A_POLLER;
    }

    @Override
    int work(PinnedDataSource database) {
        throw new IllegalStateException("run opens a pool of its own");
    }

    @Override
    public Integer call() {
        Settings settings = reader().settings();
        PollerRegistry.PollerIdentity self = PollerRuntime.identify();
        PublishSettings publish = PublishSettings.of(settings.poller());
        return translating(settings.database(), () -> {
            // Besides the workers: heartbeats, upkeep, full loads, and the query for new events.
            try (StreamOpening opening = StreamOpening.begin(
                            settings.stream(), publish, settings.poller().workers());
                    HikariDataSource pool = Pools.open(
                            settings.database(),
                            self.applicationName(),
                            settings.poller().workers() + 4,
                            Duration.ofSeconds(60))) {
                PinnedDataSource database = PinnedDataSource.of(pool);
                return permitted(database, () -> {
                    requireSchema(database);
                    KinesisClient kinesis = opening.client();
                    PollerRuntime poller = new PollerRuntime(
                            database, kinesis, settings.stream(), settings.poller(), self, null, new LogListener());
                    return runUntilStopped(settings, self, poller, kinesis);
                });
            }
        });
    }

    private int runUntilStopped(
            Settings settings, PollerRegistry.PollerIdentity self, PollerRuntime poller, KinesisClient kinesis) {
        Duration grace = settings.poller().stopDeadline();
        CountDownLatch stop = process().stop().arm(grace.plusSeconds(30));
        poller.start();
        LOG.info(
                "poller {} publishes from {} to stream {} {}",
                self.poller(),
                settings.database().printableUrl(),
                settings.stream(),
                StreamCheck.place(kinesis));
        try {
            stop.await();
            LOG.info("stopping: claimed events are finished first, within {}", Durations.format(grace));
            return poller.stop(grace).orderly() ? ExitCode.DONE : ExitCode.NOT_WELL;
        } catch (InterruptedException e) {
            // Only a JVM that shuts down interrupts this thread; closing the connections releases the lanes.
            Thread.currentThread().interrupt();
            return ExitCode.NOT_WELL;
        }
    }
}
