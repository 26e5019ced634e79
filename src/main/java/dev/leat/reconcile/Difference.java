package dev.leat.reconcile;

import org.jspecify.annotations.Nullable;

/**
 * One row of which the table and the stream say different things.
 *
 * @param rowKey the values of the primary key as JSON, one a line, where several rows share a partition key; else null
 * @param event the id of the last event of that row; null: the stream has none
 * @param discarded an event of its partition key was given up in quarantine
 * @param source the row in the table, as capture would write it; null: there is none, or it was not kept
 * @param stream the row on the stream, as its last event has it; null: there is none, or it was not looked for
 */
public record Difference(
        DifferenceKind kind,
        String partitionKey,
        @Nullable String rowKey,
        @Nullable Long event,
        boolean discarded,
        @Nullable String source,
        @Nullable String stream) {

    /** What is wrong with a row. */
    public enum DifferenceKind {
        /** The table has it, and the stream has not. */
        MISSING,
        /** The stream has it, and the table has not. */
        EXTRA,
        /** Both have it, and it reads differently. */
        DIFFERENT
    }

    Difference withStream(String row) {
        return new Difference(kind, partitionKey, rowKey, event, discarded, source, row);
    }
}
