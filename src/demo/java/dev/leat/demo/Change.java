package dev.leat.demo;

import org.jspecify.annotations.Nullable;

/**
 * One change of a history, as it was committed or as it was delivered. Within a history no two changes are equal.
 *
 * @param history the row with its partition key, or the key of domain events: changes of one history must stay in order
 * @param op the code of the operation, as in the envelope
 * @param before the number of the row's old version, null if there was none
 * @param after the number of the row's new version, null if there is none
 */
public record Change(
        String history,
        String op,
        @Nullable Long before,
        @Nullable Long after) {

    /** Whether it is a domain event. No row links a domain event with the one before. */
    boolean message() {
        return op.equals("m");
    }

    /** A row as a load has read it: it changes nothing. */
    boolean loaded() {
        return op.equals("r");
    }
}
