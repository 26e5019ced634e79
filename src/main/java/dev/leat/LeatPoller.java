package dev.leat;

import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.KinesisClients;
import dev.leat.kinesis.PublishSettings;
import dev.leat.maintenance.PollerRegistry;
import dev.leat.observe.Listeners;
import dev.leat.observe.LogListener;
import dev.leat.poller.PollerRuntime;
import dev.leat.poller.StreamCheck;
import dev.leat.schema.Migrations;
import dev.leat.schema.SchemaState;
import dev.leat.settings.Faults;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/**
 * A poller inside an application: it publishes the events of the outbox until it is stopped. Any number of pollers may run, in one
 * process or in several; they share the lanes.
 *
 * <pre>{@code
 * try (LeatPoller poller = LeatPoller.builder(dataSource, kinesisClient, "changes").build()) {
 *     poller.start();
 *     …
 * }
 * }</pre>
 */
public final class LeatPoller implements AutoCloseable {

    private final PollerRuntime runtime;
    private final UUID id;
    private final Duration stopDeadline;

    private LeatPoller(PollerRuntime runtime, UUID id, Duration stopDeadline) {
        this.runtime = runtime;
        this.id = id;
        this.stopDeadline = stopDeadline;
    }

    /**
     * Begins with the defaults.
     *
     * @param database must give one connection to each worker and up to three more, none of them part of a transaction of the caller.
     *     Leat returns them with the settings that they had. The role needs the rights that {@code leat.grant_poller} grants
     * @param kinesis a client as {@link #prepare} makes it; not closed here
     * @param stream name or ARN of the stream for events that name none
     */
    public static Builder builder(DataSource database, KinesisClient kinesis, String stream) {
        return new Builder(database, kinesis, stream);
    }

    /**
     * Configures a client as a poller needs it: no retries of its own, because the poller retries; timeouts; and a connection for each
     * concurrent request. The caller sets region, credentials and endpoint.
     *
     * <pre>{@code
     * KinesisClient client = LeatPoller.prepare(KinesisClient.builder(), settings).build();
     * }</pre>
     */
    public static KinesisClientBuilder prepare(KinesisClientBuilder client, PollerSettings settings) {
        return KinesisClients.prepare(client, PublishSettings.of(settings), settings.workers());
    }

    /** The id that {@code leat status} shows. */
    public UUID id() {
        return id;
    }

    /**
     * Starts publishing, and returns when the poller is registered in the database.
     *
     * @throws IllegalStateException when it was started or stopped before
     */
    public void start() {
        runtime.start();
    }

    /**
     * Finishes the open claims and releases all lanes. A second call only returns the same result.
     *
     * @param grace how long that may take; after it, the events that were not sent stay in the outbox for other pollers
     * @return whether all claims were finished, what was failing, and the backlog of the outbox
     */
    public Ending stop(Duration grace) throws InterruptedException {
        return runtime.stop(grace);
    }

    /** Stops within {@link PollerSettings#stopDeadline()}. An interrupt ends the wait; the thread's interrupt status stays set. */
    @Override
    public void close() {
        try {
            Ending unused = stop(stopDeadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Builds a poller. */
    public static final class Builder {

        private final PinnedDataSource database;
        private final KinesisClient kinesis;
        private final String stream;
        private final List<PollerListener> listeners = new ArrayList<>();
        private PollerSettings settings = PollerSettings.builder().build();
        private @Nullable Shaper shaper;
        private boolean log = true;

        private Builder(DataSource database, KinesisClient kinesis, String stream) {
            this.database = PinnedDataSource.of(database);
            this.kinesis = kinesis;
            this.stream = stream;
        }

        /** Sets the poller's settings. */
        public Builder settings(PollerSettings how) {
            settings = how;
            return this;
        }

        /** Adds a listener, for example one that counts events. */
        public Builder listener(PollerListener told) {
            listeners.add(told);
            return this;
        }

        /** Sets a format of the application's own, for all events. The settings' formats and those of tables have no effect then. */
        public Builder shaper(Shaper own) {
            shaper = own;
            return this;
        }

        /** Turns off the log. By default the poller logs to the SLF4J logger {@code dev.leat}. */
        public Builder quiet() {
            log = false;
            return this;
        }

        /**
         * Builds the poller without starting it.
         *
         * @throws IllegalArgumentException when the stream's name is neither a name nor an ARN
         * @throws IllegalStateException when the database's schema is not this version's, or the stream does not exist, is not
         *     active or cannot be reached; the message says what to do
         * @throws SQLException when the database cannot be read
         */
        public LeatPoller build() throws SQLException {
            Faults faults = new Faults();
            faults.check(PollerSettings.STREAM, stream);
            faults.raise();
            SchemaState state = Migrations.state(database);
            if (!state.usable()) {
                throw new IllegalStateException(state.advice());
            }
            List<PollerListener> told = new ArrayList<>(listeners);
            if (log) {
                told.add(0, new LogListener());
            }
            PollerListener listener = new Listeners(told);
            if (StreamCheck.describe(kinesis, stream) instanceof StreamCheck.Withheld withheld) {
                listener.notice(withheld.why() + ": continuing as if the stream existed");
            }
            PollerRegistry.PollerIdentity identity = PollerRuntime.identify();
            PollerRuntime runtime = new PollerRuntime(database, kinesis, stream, settings, identity, shaper, listener);
            return new LeatPoller(runtime, identity.poller(), settings.stopDeadline());
        }
    }
}
