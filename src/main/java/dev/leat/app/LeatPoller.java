package dev.leat.app;

import dev.leat.DatabaseUnavailable;
import dev.leat.Ending;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.claim.ClaimSettings;
import dev.leat.claim.LaneClaims;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.KinesisPublisher;
import dev.leat.kinesis.PublishSettings;
import dev.leat.loop.House;
import dev.leat.loop.Poller;
import dev.leat.loop.Rooms;
import dev.leat.observe.FailureTracker;
import dev.leat.observe.Listeners;
import dev.leat.settle.OutboxSettlement;
import dev.leat.shape.DebeziumJson;
import dev.leat.upkeep.BacklogWatch;
import dev.leat.upkeep.Migrations;
import dev.leat.upkeep.PollerRegistry;
import dev.leat.upkeep.SchemaState;
import dev.leat.upkeep.ShardUses;
import dev.leat.upkeep.Tallies;
import dev.leat.upkeep.Upkeep;
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
import javax.sql.DataSource;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * A poller inside an application: it carries what is in the outbox to the stream until it is stopped. Start as many as you
 * like, in one process or in several; they share the lanes.
 *
 * <pre>{@code
 * LeatPoller poller = LeatPoller.builder(dataSource, kinesisClient, "changes").build();
 * poller.start();
 * …
 * poller.stop(Duration.ofSeconds(20));
 * }</pre>
 */
public final class LeatPoller {

    private static final Duration LAST_LOOK = Duration.ofSeconds(3);
    private static final int LOOKS = 5;

    private final Poller poller;
    private final Upkeep upkeep;
    private final KinesisPublisher publisher;
    private final PollerRegistry.Identity identity;
    private final FailureTracker failures;
    private final BacklogWatch backlog;
    private final PollerListener listener;

    private LeatPoller(Builder given) throws SQLException {
        identity = given.identity;
        PinnedDataSource database = given.database;
        PollerRegistry registry = new PollerRegistry(database, identity);
        Tallies tallies = new Tallies(database, identity.poller());
        ShardUses shardUses = new ShardUses(database, identity.poller(), System::nanoTime);
        failures = new FailureTracker(new Listeners(List.of(given.listener)), System::nanoTime);
        listener = new Listeners(List.of(given.listener, tallies, shardUses, failures));
        backlog = new BacklogWatch(database, failures::failing, failures::waiting);
        LaneClaims claims = new LaneClaims(
                database.raw(),
                ClaimSettings.of(given.settings),
                given.stream,
                () -> registry.alive() * atWork(),
                System::nanoTime,
                new SplittableRandom(),
                listener);
        String databaseName = databaseName(database);
        String serverName = given.settings.serverName() == null ? databaseName : given.settings.serverName();
        DebeziumJson shaper = new DebeziumJson(Version.text(), serverName, databaseName, Clock.systemUTC());
        OutboxSettlement settlement = new OutboxSettlement(given.settings.retain() != null);
        publisher = new KinesisPublisher(
                given.kinesis,
                PublishSettings.of(given.settings),
                listener,
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextDouble());
        IntervalFunction pauses =
                IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(100), 2, Duration.ofSeconds(5));
        House house = new House(given.stream, listener, n -> Duration.ofMillis(pauses.apply(n)), System::nanoTime);
        poller = new Poller(
                given.settings.workers(),
                () -> new Rooms(claims.forWorker(), shaper, publisher.forWorker(), settlement),
                house);
        upkeep = new Upkeep(database, registry, tallies, shardUses, backlog, given.settings.retain(), listener);
    }

    /**
     * Begins with the defaults.
     *
     * @param database gives a connection to each worker and up to three more, none of them bound to a transaction of the
     *     caller's, and gets them back as they came; its role needs what {@code leat.grant_poller} gives
     * @param kinesis a client that does not retry by itself, such as {@link dev.leat.kinesis.KinesisClients} prepares; not closed here
     * @param stream name or ARN of the stream for events that name none
     */
    public static Builder builder(DataSource database, KinesisClient kinesis, String stream) {
        return new Builder(database, kinesis, stream);
    }

    /** Who this poller is in {@code leat status}. */
    public PollerRegistry.Identity identity() {
        return identity;
    }

    /** How many of its workers claim as things are now. */
    private int atWork() {
        return poller.atWork();
    }

    public void start() {
        upkeep.start();
        poller.start();
    }

    /**
     * Finishes what is claimed, and lets go of all lanes. The listener is told how it ended.
     *
     * @param grace how long that may take; after it, what was not sent stays in the outbox for others
     * @return whether it was finished within the grace, and nothing went on failing until then
     */
    public boolean stop(Duration grace) throws InterruptedException {
        try {
            Ending ending = failures.ending(poller.stop(grace));
            if (!ending.failing().isEmpty()) {
                lookAtBacklog();
                ending = failures.ending(ending.finished());
            }
            listener.stopped(ending);
            return ending.orderly();
        } finally {
            upkeep.stop();
            publisher.close();
        }
    }

    /** A database that does not answer is not waited for: it may be what fails. */
    private void lookAtBacklog() throws InterruptedException {
        try {
            CompletableFuture.runAsync(this::lookUntilSeen).get(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            failures.waiting(null);
        }
    }

    /** Where sessions were ended, those that the pool, or a pooler, still has are taken first. */
    private void lookUntilSeen() {
        for (int session = 1; ; session++) {
            try {
                backlog.look();
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

    /** A poller to be. */
    public static final class Builder {

        private final PinnedDataSource database;
        private final KinesisClient kinesis;
        private final String stream;
        private PollerSettings settings = PollerSettings.builder().build();
        private PollerListener listener = new PollerListener() {};
        private PollerRegistry.Identity identity = identify();

        private Builder(DataSource database, KinesisClient kinesis, String stream) {
            this.database = PinnedDataSource.of(database);
            this.kinesis = kinesis;
            this.stream = stream;
        }

        public Builder settings(PollerSettings how) {
            settings = how;
            return this;
        }

        /** Told what happens; the default is to tell nobody. */
        public Builder listener(PollerListener told) {
            listener = told;
            return this;
        }

        Builder identity(PollerRegistry.Identity self) {
            identity = self;
            return this;
        }

        /**
         * A poller that is not started yet.
         *
         * @throws IllegalStateException when the database's schema is not this version's, saying what to do
         * @throws SQLException when the database cannot be asked
         */
        public LeatPoller build() throws SQLException {
            SchemaState state = Migrations.state(database);
            if (!state.usable()) {
                throw new IllegalStateException(state.advice());
            }
            return new LeatPoller(this);
        }
    }

    /** An identity drawn anew. */
    static PollerRegistry.Identity identify() {
        return new PollerRegistry.Identity(
                UUID.randomUUID(), host(), ProcessHandle.current().pid(), Version.text());
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
