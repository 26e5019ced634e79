package dev.leat.reconcile;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a comparison has found.
 *
 * @param rows how many of each standing
 * @param takenAt when the state of the table was taken that was compared
 * @param snapshot of its transaction, as PostgreSQL writes it
 * @param window what of the stream could be compared
 * @param records how many records were read, of all tables
 * @param events how many events of this table were read
 * @param unnamedHeld whether events are in quarantine that could not say which row they are of: differences may be theirs
 */
public record Reconciled(
        Map<Count, Long> rows,
        Instant takenAt,
        String snapshot,
        CheckedWindow window,
        long records,
        long events,
        boolean unnamedHeld) {

    /** How the rows were found. */
    public enum Count {
        EQUAL,
        MISSING,
        EXTRA,
        DIFFERENT,
        /** In the table, and never on the stream in the window: nothing is proved of them. */
        NOT_SEEN,
        /** An event of their partition key is in quarantine. */
        HELD,
        /** What differs is not captured: operations that the attachment leaves out, or rows of a partition that was truncated. */
        NOT_CAPTURED
    }

    /**
     * @param from the beginning; null: not known, because the stream could not be described
     * @param firstRecord when the oldest record arrived that was read; null: none was read
     * @param complete whether every row of the table must be in it: a full load has begun and ended in it
     * @param sinceAttached whether the table was attached in it, so that all rows written since then must be in it
     * @param shards how many were read
     */
    public record CheckedWindow(
            @Nullable Instant from,
            @Nullable Instant firstRecord,
            boolean complete,
            boolean sinceAttached,
            int shards) {}

    /** How many rows of that standing. */
    public long count(Count standing) {
        return rows.getOrDefault(standing, 0L);
    }

    /** Whether nothing was found that differs. */
    public boolean equal() {
        return count(Count.MISSING) + count(Count.EXTRA) + count(Count.DIFFERENT) == 0;
    }
}
