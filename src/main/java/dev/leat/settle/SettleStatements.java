package dev.leat.settle;

import dev.leat.KeptSql;

/** The statements of settlement. Their text is in {@code docs/sql}. */
final class SettleStatements {

    /** Deletes delivered events. Parameters: their lane, the first id, the last, all of them. */
    static final String DELETE = KeptSql.of("settle-delete");

    /** Moves delivered events to where they are kept for a time. Parameters: their lane, the first id, the last, all of them. */
    static final String KEEP = KeptSql.of("settle-keep");

    /** Sets an event aside. Parameters: its lane, id, state, reason. */
    static final String SET_ASIDE = KeptSql.of("settle-set-aside");

    /** Deletes events that were released from quarantine, and delivered. Parameter: ids. */
    static final String DELETE_RELEASED = KeptSql.of("settle-delete-released");

    /** Moves events that were released from quarantine, and delivered, to where they are kept for a time. Parameter: ids. */
    static final String KEEP_RELEASED = KeptSql.of("settle-keep-released");

    /** Sets a released event aside once more. Parameters: state, reason, id. */
    static final String SET_ASIDE_AGAIN = KeptSql.of("settle-set-aside-again");

    private SettleStatements() {}
}
