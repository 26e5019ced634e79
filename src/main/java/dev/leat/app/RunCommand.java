package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.claim.ClaimSettings;
import dev.leat.config.Durations;
import dev.leat.config.Setting;
import dev.leat.config.Settings;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.PublishSettings;
import dev.leat.observe.LogListener;
import dev.leat.upkeep.PollerRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import software.amazon.awssdk.services.kinesis.KinesisClient;

@Command(
        name = "run",
        description =
                "Publishes events until it is stopped (SIGTERM or Ctrl-C). Start as many as you like: they share the work.")
final class RunCommand extends DatabaseCommand {

    private static final Logger LOG = LoggerFactory.getLogger("dev.leat");

    @Option(
            names = "--stream",
            paramLabel = "<stream>",
            description = "Name or ARN of the stream for events whose table names none. LEAT_STREAM")
    private @Nullable String stream;

    @Mixin
    private @Nullable RunOptions runOptions;

    RunCommand(World world) {
        super(world);
    }

    @Override
    void moreOptions(Map<Setting, String> given) {
        Options.put(given, Setting.STREAM, stream);
        if (runOptions != null) {
            runOptions.into(given);
        }
    }

    @Override
    int work(PinnedDataSource database) {
        throw new IllegalStateException("run opens a pool of its own");
    }

    @Override
    public Integer call() {
        Settings settings = reader().settings();
        Settings.Poller poller = settings.poller();
        PollerRegistry.Identity self = LeatPoller.identify();
        PublishSettings publish = publishSettings(settings);
        return translating(settings.database(), () -> {
            // Beside the workers: signs of life, upkeep, and the look for new events.
            try (StreamOpening opening = StreamOpening.begin(settings.stream().stream(), publish, poller.workers());
                    HikariDataSource pool = Pools.open(
                            settings.database(),
                            self.applicationName(),
                            poller.workers() + 3,
                            Duration.ofSeconds(60))) {
                PinnedDataSource database = PinnedDataSource.of(pool);
                return permitted(database, () -> {
                    requireSchema(database);
                    KinesisClient kinesis = opening.client();
                    return runUntilStopped(settings, wire(settings, publish, self, database, kinesis), kinesis);
                });
            }
        });
    }

    private static LeatPoller wire(
            Settings settings,
            PublishSettings publish,
            PollerRegistry.Identity self,
            PinnedDataSource database,
            KinesisClient kinesis)
            throws SQLException {
        Settings.Poller poller = settings.poller();
        LeatPoller.Builder builder = LeatPoller.builder(database, kinesis, settings.stream().stream())
                .identity(self)
                .listener(new LogListener())
                .workers(poller.workers())
                .publish(publish)
                .claim(ClaimSettings.DEFAULT
                        .withBatch(poller.batch())
                        .withDeadline(poller.publishDeadline())
                        .withIntervals(poller.busyInterval(), poller.idleInterval()));
        if (poller.retain() != null) {
            builder.retain(poller.retain());
        }
        if (poller.serverName() != null) {
            builder.serverName(poller.serverName());
        }
        return builder.build();
    }

    private static PublishSettings publishSettings(Settings settings) {
        PublishSettings defaults = PublishSettings.defaults();
        Integer maxRecordSize = settings.stream().maxRecordSize();
        return new PublishSettings(
                settings.poller().requestsInFlight(),
                defaults.requestLimits(),
                maxRecordSize == null ? OptionalInt.empty() : OptionalInt.of(maxRecordSize),
                defaults.requestTimeout(),
                defaults.slice(),
                defaults.patience(),
                defaults.retryDelays(),
                settings.aggregation());
    }

    private int runUntilStopped(Settings settings, LeatPoller poller, KinesisClient kinesis) {
        Duration grace = settings.poller().stopDeadline();
        CountDownLatch stop = world().stop().arm(grace.plusSeconds(30));
        poller.start();
        LOG.info(
                "poller {} publishes from {} to stream {} {}",
                poller.identity().poller(),
                settings.database().printableUrl(),
                settings.stream().stream(),
                Streams.place(kinesis));
        try {
            stop.await();
            LOG.info("stopping: what is claimed is finished first, within {}", Durations.format(grace));
            return poller.stop(grace) ? ExitCode.DONE : ExitCode.NOT_WELL;
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a JVM that is going down; the lanes go with the connections.
            Thread.currentThread().interrupt();
            return ExitCode.NOT_WELL;
        }
    }
}
