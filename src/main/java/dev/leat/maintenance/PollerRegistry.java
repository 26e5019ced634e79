package dev.leat.maintenance;

import dev.leat.database.StatementRunner;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Writes the heartbeats of one poller, and counts the others. A poller that was seen within {@value #ALIVE_SECONDS} seconds by the
 * database's clock is alive. A time in the future means that the clock was set back since. The count only serves fairness and display:
 * the lane's row lock keeps two pollers from one lane, so a wrong count costs throughput, never order.
 */
public final class PollerRegistry {

    public static final int ALIVE_SECONDS = 5;

    private final StatementRunner database;
    private final PollerIdentity self;
    private volatile int alive = 1;

    public PollerRegistry(DataSource database, PollerIdentity self) {
        this.database = new StatementRunner(database);
        this.self = self;
    }

    /**
     * Who a poller is, for other pollers and for {@code leat status}.
     *
     * @param poller drawn anew at each start
     * @param version of Leat
     */
    public record PollerIdentity(UUID poller, String host, long pid, String version) {

        /** What {@code pg_stat_activity} shows of this poller's connections. */
        public String applicationName() {
            return APPLICATION_PREFIX + poller;
        }
    }

    /** Begins the application_name of every poller's connections; the poller's id follows. */
    public static final String APPLICATION_PREFIX = "leat ";

    public PollerIdentity self() {
        return self;
    }

    /** Pollers alive as of the last {@link #beat}, this one included: at least 1. */
    public int alive() {
        return alive;
    }

    /** Writes a heartbeat, removes pollers that were last seen more than a minute ago, and counts those alive. */
    void beat() {
        Object others = database.run(
                "SELECT leat_poller.heartbeat(?, ?, ?, ?)", self.poller(), self.host(), self.pid(), self.version());
        alive = 1 + ((Number) Objects.requireNonNull(others)).intValue();
    }

    /** Takes this poller and its figures of shards off the list, so that the others share its lanes at once. */
    void leave() {
        database.run("SELECT leat_poller.deregister(?)", self.poller());
    }
}
