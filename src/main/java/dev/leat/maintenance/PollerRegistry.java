package dev.leat.maintenance;

import dev.leat.database.StatementRunner;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

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

    /**
     * What a heartbeat tells beside the number of pollers.
     *
     * @param catalogChanges a number that changes with the catalog; 0: not known
     * @param loading whether a load or a replay may be running
     */
    record HeartbeatReply(long catalogChanges, boolean loading) {

        /** If a heartbeat fails. */
        static final HeartbeatReply UNKNOWN = new HeartbeatReply(0, true);
    }

    /** Writes a heartbeat, removes pollers that were last seen more than a minute ago, and counts those alive. */
    HeartbeatReply beat() {
        List<@Nullable Object> row = database.call(
                "SELECT others, catalog_changes, loading FROM leat_poller.heartbeat(?, ?, ?, ?)",
                self.poller(),
                self.host(),
                self.pid(),
                self.version());
        alive = 1 + number(row.get(0)).intValue();
        return new HeartbeatReply(number(row.get(1)).longValue(), Boolean.TRUE.equals(row.get(2)));
    }

    private static Number number(@Nullable Object value) {
        return (Number) Objects.requireNonNull(value);
    }

    /** Takes this poller and its figures of shards off the list, so that the others share its lanes at once. */
    void leave() {
        database.call("SELECT leat_poller.deregister(?)", self.poller());
    }
}
