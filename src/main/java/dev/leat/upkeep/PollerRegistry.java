package dev.leat.upkeep;

import static dev.leat.jooq.generated.Tables.POLLER;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.field;

import java.time.OffsetDateTime;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;

/**
 * The signs of life of one poller, and its knowledge of the others. Whoever was seen within {@value #ALIVE_SECONDS} seconds by
 * the database's clock is alive; whoever will have been seen in the future was seen before that clock was set back. It is for fairness and for people only: what keeps two pollers off one lane is the lane's row
 * lock, so a wrong count costs throughput, never order.
 */
public final class PollerRegistry {

    static final int ALIVE_SECONDS = 5;

    private static final Field<OffsetDateTime> ALIVE_SINCE =
            field("now() - interval '" + ALIVE_SECONDS + " seconds'", OffsetDateTime.class);
    private static final Field<OffsetDateTime> ALIVE_UNTIL =
            field("now() + interval '" + ALIVE_SECONDS + " seconds'", OffsetDateTime.class);
    private static final Field<OffsetDateTime> DEAD_SINCE = field("now() - interval '1 minute'", OffsetDateTime.class);
    private static final Field<OffsetDateTime> NOT_YET = field("now() + interval '1 minute'", OffsetDateTime.class);

    private final DSLContext database;
    private final Identity self;
    private volatile int alive = 1;

    public PollerRegistry(DataSource database, Identity self) {
        this.database = Dsl.of(database);
        this.self = self;
    }

    /**
     * Who a poller is, for other pollers and for {@code leat status}.
     *
     * @param poller drawn anew at each start
     * @param version of Leat
     */
    public record Identity(UUID poller, String host, long pid, String version) {

        /** What {@code pg_stat_activity} shows of this poller's connections. */
        public String applicationName() {
            return APPLICATION_PREFIX + poller;
        }
    }

    /** Begins the application_name of every poller's connections; the poller's id follows. */
    public static final String APPLICATION_PREFIX = "leat ";

    public Identity self() {
        return self;
    }

    /** Pollers alive as of the last {@link #beat}, this one included: at least 1. */
    public int alive() {
        return alive;
    }

    /** Says that this poller lives, forgets those that have been gone for a minute, and counts. */
    void beat() {
        database.transaction(transaction -> {
            DSLContext in = transaction.dsl();
            in.insertInto(POLLER, POLLER.POLLER_, POLLER.HOST, POLLER.PID, POLLER.VERSION)
                    .values(self.poller(), self.host(), self.pid(), self.version())
                    .onConflict(POLLER.POLLER_)
                    .doUpdate()
                    .set(POLLER.SEEN_AT, currentOffsetDateTime())
                    .execute();
            in.deleteFrom(POLLER)
                    .where(POLLER.SEEN_AT.lt(DEAD_SINCE).or(POLLER.SEEN_AT.gt(NOT_YET)))
                    .execute();
            alive = Math.max(1, in.fetchCount(POLLER, POLLER.SEEN_AT.between(ALIVE_SINCE, ALIVE_UNTIL)));
        });
    }

    /** Takes this poller off the list, so that the others share its lanes at once. */
    void leave() {
        database.deleteFrom(POLLER).where(POLLER.POLLER_.eq(self.poller())).execute();
    }
}
