package dev.leat.upkeep;

import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import javax.sql.DataSource;

/** The SQL functions that somebody has to call now and then; any poller may, and of several at once one does the work. */
final class Housekeeping {

    /** How long capture is left as it is when the catalog does not seem to change. */
    private static final Duration AT_LEAST_EVERY = Duration.ofSeconds(10);

    /** A look takes some milliseconds for each attached table: it has this share of the time at most. */
    private static final int SHARE = 20;

    private final UpkeepSql database;
    private final LongSupplier nanoTime;
    private long seen = -1;
    private long lookedAt;
    private long notBefore;

    /**
     * @param nanoTime the monotonic clock
     */
    Housekeeping(DataSource database, LongSupplier nanoTime) {
        this.database = new UpkeepSql(database);
        this.nanoTime = nanoTime;
        this.notBefore = nanoTime.getAsLong();
        this.lookedAt = notBefore - AT_LEAST_EVERY.toNanos();
    }

    /**
     * Brings capture up to date with changed tables, if the catalog has changed since the last time or that is ten seconds ago. Until
     * then their rows are captured by a slower way.
     */
    void refreshIfChanged() {
        long begin = nanoTime.getAsLong();
        if (begin - notBefore < 0) {
            return;
        }
        long changes =
                ((Number) Objects.requireNonNull(database.run("SELECT leat_poller.catalog_changes()"))).longValue();
        if (changes == seen && begin - lookedAt < AT_LEAST_EVERY.toNanos()) {
            return;
        }
        database.run("SELECT leat.refresh()");
        seen = changes;
        lookedAt = nanoTime.getAsLong();
        notBefore = lookedAt + SHARE * (lookedAt - begin);
    }

    /** Drops partitions of {@code leat_internal.sent} that were kept long enough, and makes room for what comes. */
    void rotateSent(Duration keep) {
        database.run("SELECT leat_poller.rotate_sent(?::pg_catalog.interval)", keep.toSeconds() + " seconds");
    }
}
