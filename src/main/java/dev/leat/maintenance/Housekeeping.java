package dev.leat.maintenance;

import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The SQL functions that somebody has to call now and then; any poller may, and of several at once one does the work.
 *
 * <p>Capture is brought up to date with changed tables when the catalog has changed. To ask what has changed takes some ten microseconds for
 * each attached table. Where other DDL, such as of temporary tables, changes the catalog all the time, most such questions find nothing: after
 * some of those at once they have a small share of the time. Where they find something, work goes on.
 */
final class Housekeeping {

    /** How long the question is put off when the catalog does not seem to change. */
    private static final Duration AT_LEAST_EVERY = Duration.ofMinutes(1);

    /** The same where the server does not say whether it has changed. */
    private static final Duration UNTOLD_EVERY = Duration.ofSeconds(10);

    /** Questions that find nothing have one part in so many of the time. */
    private static final int SHARE_IN_VAIN = 250;

    /** Beyond so many nanoseconds of them that have not been made up for by rest, rest comes first. */
    private static final long IN_VAIN_AT_ONCE = Duration.ofMillis(200).toNanos();

    /** But not longer than this: where a machine is busy, what a question takes tells little about what it costs. */
    private static final Duration LONGEST_REST = Duration.ofSeconds(10);

    /** Work on tables that have changed has one part in so many. */
    private static final int SHARE_AT_WORK = 4;

    private final StatementRunner database;
    private final LongSupplier nanoTime;
    private final Consumer<String> warned;
    private long seen = -1;
    private long inVain;
    private long restedAt;
    private long notBefore;
    private long atLatest;

    /**
     * @param nanoTime the monotonic clock
     * @param warned told what the database warns of, each time again
     */
    Housekeeping(DataSource database, LongSupplier nanoTime, Consumer<String> warned) {
        this.database = new StatementRunner(database);
        this.nanoTime = nanoTime;
        this.warned = warned;
        this.notBefore = nanoTime.getAsLong();
        this.atLatest = notBefore;
        this.restedAt = notBefore;
    }

    /**
     * Brings capture up to date with changed tables, for a second or so at most, if the catalog has changed since the last time or something was
     * left. Until then their rows are captured by a slower way.
     */
    void refreshIfChanged() {
        long asked = nanoTime.getAsLong();
        inVain = Math.max(0, inVain - (asked - restedAt) / SHARE_IN_VAIN);
        restedAt = asked;
        if (asked - notBefore < 0 || inVain > IN_VAIN_AT_ONCE) {
            return;
        }
        long changes =
                number(database.run("SELECT leat_poller.catalog_changes()")).longValue();
        if (changes == seen && asked - atLatest < 0) {
            return;
        }
        long begin = nanoTime.getAsLong();
        List<@Nullable Object> refreshed = database.row(warned, "SELECT looked, again FROM leat_poller.refresh()");
        long end = nanoTime.getAsLong();
        seen = changes;
        if (number(refreshed.get(0)).intValue() > 0) {
            inVain = 0;
            notBefore = end + (SHARE_AT_WORK - 1) * (end - begin);
        } else {
            inVain = Math.min(inVain + end - begin, IN_VAIN_AT_ONCE + LONGEST_REST.toNanos() / SHARE_IN_VAIN);
        }
        atLatest = end + (changes == 0 ? UNTOLD_EVERY : AT_LEAST_EVERY).toNanos();
        Object again = refreshed.get(1);
        if (again != null) {
            atLatest = Math.min(atLatest, end + (long) (number(again).doubleValue() * 1e9));
        }
    }

    private static Number number(@Nullable Object value) {
        return (Number) Objects.requireNonNull(value);
    }

    /**
     * Puts back rows that Leat's tables cannot do without: they are gone after TRUNCATE of all tables, and in a database that was
     * made from a dump without data.
     *
     * @return which they were, in a sentence; null when all were there
     */
    @Nullable
    String putRows() {
        return (String) database.run("SELECT leat_poller.put_rows()");
    }

    /** What is severely wrong with Leat's own tables and what to do about it, in one line; null when nothing is. */
    @Nullable
    String tableFaults() {
        return (String)
                database.run(
                        "SELECT pg_catalog.string_agg(fault || ': ' || remedy, '; ') FROM leat_poller.table_faults() WHERE severe");
    }

    /** Drops partitions of {@code leat_internal.sent} that were kept long enough, and makes room for what comes. */
    void rotateSent(Duration keep) {
        database.run("SELECT leat_poller.rotate_sent(?::pg_catalog.interval)", keep.toSeconds() + " seconds");
    }
}
