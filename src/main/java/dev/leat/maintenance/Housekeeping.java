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
 * Calls the SQL functions of periodic maintenance. Any poller may call them; if several do at once, one does the work.
 *
 * <p>Capture is brought up to date with changed tables when the catalog has changed. A check for changes takes some ten microseconds for
 * each attached table. If other DDL, such as that of temporary tables, changes the catalog all the time, most checks find nothing. After
 * a number of those, checks are limited to a small share of the time. If a check finds a change, the work continues.
 */
final class Housekeeping {

    /** The longest time between two checks when the catalog does not seem to change. */
    private static final Duration AT_LEAST_EVERY = Duration.ofMinutes(1);

    /** The longest time between two checks when the server does not tell whether the catalog has changed. */
    private static final Duration UNKNOWN_EVERY = Duration.ofSeconds(10);

    /** Checks that find nothing take at most one part in this many of the time. */
    private static final int SHARE_FOUND_NOTHING = 250;

    /** The time in nanoseconds that checks that find nothing may take at once. After more, the next check is delayed. */
    private static final long FOUND_NOTHING_AT_ONCE = Duration.ofMillis(200).toNanos();

    /** The longest such delay: on a busy machine the duration of a check says little about its cost. */
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    /** Work on changed tables takes at most one part in this many of the time. */
    private static final int SHARE_AT_WORK = 4;

    /** Sums of counters take at most one part in this many of the time. */
    private static final int SHARE_SUMMING = 100;

    private final StatementRunner database;
    private final LongSupplier nanoTime;
    private final Consumer<String> warned;
    private long seen = -1;
    private long foundNothing;
    private long creditedAt;
    private long notBefore;
    private long atLatest;
    private long sumNotBefore;

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
        this.creditedAt = notBefore;
        this.sumNotBefore = notBefore;
    }

    /**
     * Brings capture up to date with changed tables, for a second or so at most, if the catalog has changed since the last time or something was
     * left. Until then their rows are captured by a slower way.
     *
     * @param changes a number that changes with the catalog; 0: not known
     */
    void refreshIfChanged(long changes) {
        long asked = nanoTime.getAsLong();
        foundNothing = Math.max(0, foundNothing - (asked - creditedAt) / SHARE_FOUND_NOTHING);
        creditedAt = asked;
        if (asked - notBefore < 0 || foundNothing > FOUND_NOTHING_AT_ONCE) {
            return;
        }
        if (changes == seen && asked - atLatest < 0) {
            return;
        }
        long begin = nanoTime.getAsLong();
        List<@Nullable Object> refreshed = database.call(warned, "SELECT looked, again FROM leat_poller.refresh()");
        long end = nanoTime.getAsLong();
        seen = changes;
        if (number(refreshed.get(0)).intValue() > 0) {
            foundNothing = 0;
            notBefore = end + (SHARE_AT_WORK - 1) * (end - begin);
        } else {
            foundNothing = Math.min(
                    foundNothing + end - begin, FOUND_NOTHING_AT_ONCE + LONGEST_DELAY.toNanos() / SHARE_FOUND_NOTHING);
        }
        atLatest = end + (changes == 0 ? UNKNOWN_EVERY : AT_LEAST_EVERY).toNanos();
        Object again = refreshed.get(1);
        if (again != null) {
            atLatest = Math.min(atLatest, end + (long) (number(again).doubleValue() * 1e9));
        }
    }

    /**
     * Sums up what settlements have counted. While a long transaction keeps dead rows from being removed, that takes longer each time: it
     * takes at most one part in {@value #SHARE_SUMMING} of the time.
     */
    void sumCounters() {
        long begin = nanoTime.getAsLong();
        if (begin - sumNotBefore < 0) {
            return;
        }
        database.call("SELECT leat_poller.sum_counters()");
        long end = nanoTime.getAsLong();
        sumNotBefore = end + (SHARE_SUMMING - 1) * (end - begin);
    }

    private static Number number(@Nullable Object value) {
        return (Number) Objects.requireNonNull(value);
    }

    /**
     * Restores rows that Leat's tables need. They are missing after TRUNCATE of all tables, and in a database that was restored from a
     * dump without data.
     *
     * @return which they were, in a sentence; null when all were there
     */
    @Nullable
    String putRows() {
        return (String) database.call("SELECT leat_poller.put_rows()").get(0);
    }

    /** What is severely wrong with Leat's own tables and what to do about it, in one line; null when nothing is. */
    @Nullable
    String tableFaults() {
        return (String)
                database.run(
                        "SELECT pg_catalog.string_agg(fault || ': ' || remedy, '; ') FROM leat_poller.table_faults() WHERE severe");
    }

    /** Drops partitions of {@code leat_internal.sent} that were kept long enough, and creates those of the days to come. */
    void rotateSent(Duration keep) {
        database.run("SELECT leat_poller.rotate_sent(?::pg_catalog.interval)", keep.toSeconds() + " seconds");
    }
}
