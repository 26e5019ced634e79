package dev.leat.demo;

import org.jspecify.annotations.Nullable;

/**
 * One change of a history, as the truth knows it and as the stream tells it. Within a history no two changes are equal.
 *
 * @param history what its changes stay in order for: a row under one partition key, or the key of domain events
 * @param op the code of the operation, as in the envelope
 * @param before the number of the row's version that was replaced, null if there was none
 * @param after the number of the version that came, null if none did
 */
public record Change(
        String history,
        String op,
        @Nullable Long before,
        @Nullable Long after) {

    /** Domain events follow each other without a row that links them. */
    boolean message() {
        return op.equals("m");
    }

    /** A row as a load has read it: it changes nothing. */
    boolean loaded() {
        return op.equals("r");
    }
}
