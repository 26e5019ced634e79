package dev.leat.poller;

import dev.leat.Aggregation;
import dev.leat.Ending;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.Shaper;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.KinesisPublisher;
import dev.leat.kinesis.PublishSettings;
import dev.leat.load.Loader;
import dev.leat.maintenance.BacklogWatch;
import dev.leat.maintenance.PollerRegistry;
import dev.leat.maintenance.ShardUses;
import dev.leat.maintenance.Upkeep;
import dev.leat.observe.FailureTracker;
import dev.leat.observe.Listeners;
import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.shape.Shapers;
import io.github.resilience4j.core.IntervalFunction;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** A poller with all its parts: the stages, the loop that runs them, and the periodic duties. The constructor connects the parts. */
public final class PollerRuntime {

    private static final Duration LAST_LOOK = Duration.ofSeconds(3);
    private static final int LOOKS = 5;

    private final Poller poller;
    private final Upkeep upkeep;
    private final Loader loader;
    private final KinesisPublisher publisher;
    private final FailureTracker failures;
    private final BacklogWatch lastLook;
    private final PollerListener listener;
    private boolean started;
    private @Nullable Ending ending;

    /**
     * @param kinesis the client; it is not closed here
     * @param stream the stream for events that name none
     * @param own an application's own shaper; null: the formats of the settings
     * @param told the listener that is told what happens
     * @throws SQLException when the database cannot be asked for its name
     */
    public PollerRuntime(
            PinnedDataSource database,
            KinesisClient kinesis,
            String stream,
            PollerSettings settings,
            PollerRegistry.PollerIdentity identity,
            @Nullable Shaper own,
            PollerListener told)
            throws SQLException {
        PollerRegistry registry = new PollerRegistry(database, identity);
        ShardUses shardUses = new ShardUses(database, identity.poller(), System::nanoTime);
        failures = new FailureTracker(new Listeners(List.of(told)), System::nanoTime);
        listener = new Listeners(List.of(told, shardUses, failures));
        BacklogWatch backlog = new BacklogWatch(database, failures::failing, failures::waiting);
        lastLook = new BacklogWatch(database, () -> true, failures::waiting);
        LaneClaims claims = new LaneClaims(
                database.raw(),
                ClaimSettings.of(settings),
                stream,
                () -> registry.alive() * atWork(),
                System::nanoTime,
                new SplittableRandom(),
                listener);
        String databaseName = databaseName(database);
        String serverName = settings.serverName() == null ? databaseName : settings.serverName();
        Shaper shaper = own == null
                ? new Shapers(
                        settings.format(),
                        stream,
                        new Shapers.EnvelopeSource(Version.text(), serverName, databaseName),
                        Clock.systemUTC(),
                        name -> settings.aggregation().of(name) == Aggregation.Format.LINES)
                : own;
        publisher = new KinesisPublisher(
                kinesis,
                PublishSettings.of(settings),
                listener,
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
        IntervalFunction pauses =
                IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(100), 2, Duration.ofSeconds(5));
        WorkerContext context =
                new WorkerContext(stream, listener, n -> Duration.ofMillis(pauses.apply(n)), System::nanoTime);
        poller = new Poller(settings.workers(), () -> new Stages(claims.forWorker(), shaper, publisher), context);
        loader = new Loader(database, listener);
        upkeep = new Upkeep(database, registry, shardUses, backlog, loader::wake, settings.retain(), listener);
    }

    /** Creates a new identity for a poller of this process. */
    public static PollerRegistry.PollerIdentity identify() {
        return new PollerRegistry.PollerIdentity(
                UUID.randomUUID(), host(), ProcessHandle.current().pid(), Version.text());
    }

    /** How many of this poller's workers claim now. */
    private int atWork() {
        return poller.atWork();
    }

    /**
     * @throws IllegalStateException when it was started or stopped before
     */
    public synchronized void start() {
        if (started || ending != null) {
            throw new IllegalStateException("a poller is started once: build another one");
        }
        started = true;
        upkeep.start();
        poller.start();
        loader.start();
    }

    /**
     * Finishes the open claims and releases all lanes. The listener is told how the poller ended. A second call only returns the same
     * result.
     *
     * @param grace how long that may take; after it, the events that were not sent stay in the outbox for other pollers
     * @return how the poller ended, with the number of events in the outbox unless the database does not answer within three seconds
     */
    public synchronized Ending stop(Duration grace) throws InterruptedException {
        if (ending != null) {
            return ending;
        }
        try {
            loader.stop();
            boolean finished = poller.stop(grace);
            lookAtBacklog();
            Ending now = failures.ending(finished);
            ending = now;
            listener.stopped(now);
            return now;
        } finally {
            upkeep.stop();
            publisher.close();
        }
    }

    /** Reads the backlog with a time limit, because the database may be what fails. */
    private void lookAtBacklog() throws InterruptedException {
        try {
            CompletableFuture.runAsync(this::lookUntilSeen).get(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            failures.waiting(null);
        }
    }

    /** Tries several connections: after sessions were terminated, a pool or pooler may first hand out closed ones. */
    private void lookUntilSeen() {
        for (int session = 1; ; session++) {
            try {
                lastLook.look();
                return;
            } catch (DatabaseUnavailable e) {
                if (session == LOOKS) {
                    throw e;
                }
            }
        }
    }

    private static String databaseName(PinnedDataSource database) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return connection.getCatalog();
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            // The machine cannot resolve its own name. The name is only shown to people.
            return "unknown";
        }
    }
}
