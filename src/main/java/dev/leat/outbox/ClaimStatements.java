package dev.leat.outbox;

import dev.leat.pipeline.KeptSql;

/** The statements of a claim, in the order they run. Their text is in {@code src/main/resources}, {@code docs/statements.md} shows it. */
final class ClaimStatements {

    /**
     * Sets the settings of this transaction, which also apply behind a connection pooler. Every name in it is qualified. The other
     * statements only call functions, which set their own search_path: if a claim changed it, the driver would prepare all its statements
     * anew for each claim (PostgreSQL 18 reports the change to it). Parameters: the server's timeout in ms.
     */
    static final String BEGIN = KeptSql.of("claim-1-begin");

    /** The highest id drawn, with the server and the history. */
    static final String DRAWN = KeptSql.of("claim-2-drawn");

    /** The other sessions that hold the lock that an INSERT into the outbox takes. */
    static final String WRITERS = KeptSql.of("claim-3-writers");

    /**
     * Locks free lanes that hold events. Parameters: the lanes to leave out, one bit for each; the first lane to ask for; how many lanes to
     * lock; the lows that the poller knows, by lane.
     */
    static final String LOCK_LANES = KeptSql.of("claim-4-lock-lanes");

    /** The first statements of a claim, sent in one message. Parameters: those of {@link #BEGIN} and of {@link #LOCK_LANES}. */
    static final String OPEN = String.join(";\n", BEGIN, DRAWN, WRITERS, LOCK_LANES);

    /**
     * The keys that a quarantined event blocks, and a row without a key if there are released events. Released events go before all
     * events of the outbox. Parameters: the lanes.
     */
    static final String BLOCKED_KEYS = KeptSql.of("claim-5-blocked-keys");

    /**
     * The next events of each lane. The long columns of an event are left out if they are larger than a given size. Parameters: that size
     * in bytes, the lanes, their limits, their lows, the watermark, the default stream, and the streams that back off.
     */
    static final String SMALL_EVENTS = KeptSql.of("claim-6-small-events");

    /**
     * The released events of each lane, limited by size. Parameters, the first four in bytes: the size above which an event is too large,
     * the budget of a lane, the budget of the claim, and the largest size of a first event; then the lanes, their limits, the default
     * stream, and the streams that back off.
     */
    static final String RELEASED_EVENTS = KeptSql.of("claim-7-released-events");

    /**
     * The next events of each lane, limited by size. Parameters: the same four sizes; then those of {@link #SMALL_EVENTS} without its
     * first.
     */
    static final String OUTBOX_EVENTS = KeptSql.of("claim-8-outbox-events");

    private ClaimStatements() {}
}
