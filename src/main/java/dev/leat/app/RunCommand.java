package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.PollerListener;
import dev.leat.config.Durations;
import dev.leat.config.Setting;
import dev.leat.config.Settings;
import dev.leat.observe.Listeners;
import dev.leat.observe.LogListener;
import dev.leat.upkeep.PollerRegistry;
import dev.leat.upkeep.Tallies;
import dev.leat.upkeep.Upkeep;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
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
    int work(DataSource database) {
        throw new IllegalStateException("run opens a pool of its own");
    }

    @Override
    public Integer call() {
        Settings settings = reader().settings();
        Settings.Poller poller = settings.poller();
        var self = new PollerRegistry.Identity(
                UUID.randomUUID(), host(), ProcessHandle.current().pid(), Version.text());
        return translating(settings.database(), () -> {
            // Beside the workers: signs of life, upkeep, and the look for new events.
            try (HikariDataSource pool = Pools.open(
                    settings.database(), self.applicationName(), poller.workers() + 3, Duration.ofSeconds(60))) {
                requireSchema(pool);
                try (KinesisClient kinesis =
                        KinesisClients.open(settings.stream().stream(), poller.workers() * poller.requestsInFlight())) {
                    return publish(settings, self, pool, kinesis);
                }
            }
        });
    }

    private int publish(Settings settings, PollerRegistry.Identity self, HikariDataSource pool, KinesisClient kinesis)
            throws SQLException {
        int maxRecordSize = maxRecordSize(settings.stream(), Streams.describe(kinesis, settings.stream().stream()));
        PollerRegistry registry = new PollerRegistry(pool, self);
        Tallies tallies = new Tallies(pool, self.poller());
        PollerListener listener = new Listeners(List.of(new LogListener(), tallies));
        Upkeep upkeep = new Upkeep(pool, registry, tallies, settings.poller().retain(), listener);
        PollerFactory.RunningPoller poller = world().pollers()
                .create(new PollerFactory.Parts(
                        settings, maxRecordSize, serverName(settings, pool), pool, kinesis, registry, listener));

        CountDownLatch stop =
                world().stop().arm(settings.poller().stopDeadline().plusSeconds(30));
        upkeep.start();
        try {
            poller.start();
            LOG.info(
                    "poller {} publishes from {} to stream {} {}",
                    self.poller(),
                    settings.database().printableUrl(),
                    settings.stream().stream(),
                    Streams.place(kinesis));
            await(stop);
            Duration deadline = settings.poller().stopDeadline();
            LOG.info("stopping: what is claimed is finished first, within {}", Durations.format(deadline));
            return poller.stop(deadline) ? ExitCode.DONE : ExitCode.NOT_WELL;
        } finally {
            upkeep.stop();
        }
    }

    private static int maxRecordSize(Settings.Stream stream, Streams.Described described) {
        int ofStream = 1024 * 1024;
        if (described instanceof Streams.Described.Known known) {
            Integer kibibytes = known.summary().maxRecordSizeInKiB();
            ofStream = kibibytes == null ? ofStream : kibibytes * 1024;
        } else if (described instanceof Streams.Described.Withheld withheld) {
            LOG.warn(
                    "{}: going on as if it were there, with records up to 1 MiB unless told otherwise", withheld.why());
        }
        Integer set = stream.maxRecordSize();
        return set == null ? ofStream : set;
    }

    private static String serverName(Settings settings, DataSource database) throws SQLException {
        String set = settings.poller().serverName();
        if (set != null) {
            return set;
        }
        try (Connection connection = database.getConnection()) {
            return connection.getCatalog();
        }
    }

    private static void await(CountDownLatch stop) {
        try {
            stop.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // A machine that does not know its own name; the name is for people only.
            return "unknown";
        }
    }
}
