package dev.leat.outbox;

import dev.leat.pipeline.KeptSql;

/** The statements of a claim, in the order they run. Their text is in {@code src/main/resources}, {@code docs/statements.md} shows it. */
final class ClaimStatements {

    /**
     * The transaction's own settings, so that they hold behind a pooler too; the search_path first, before anything is looked up by
     * it. Parameters: the server's timeout in ms.
     */
    static final String BEGIN = KeptSql.of("claim-1-begin");

    /** The highest id drawn, and which server and history that is. It needs no search_path: all is qualified, with no operator. */
    static final String DRAWN = KeptSql.of("claim-2-drawn");

    /** Who holds the lock that an INSERT into the outbox takes, but for this session. */
    static final String WRITERS = KeptSql.of("claim-3-writers");

    /** Takes free lanes, beginning at a place. Parameters: lanes to leave out, a bit for each; that place; how many. */
    static final String LOCK_LANES = KeptSql.of("claim-4-lock-lanes");

    /** What a claim begins with, in one message. Parameters: those of {@link #BEGIN} and of {@link #LOCK_LANES}. */
    static final String OPEN = String.join(";\n", BEGIN, DRAWN, WRITERS, LOCK_LANES);

    /**
     * The keys that a quarantined event blocks; and a row without a key if there are released events, which go before anything
     * in the outbox. Parameters: the lanes, twice.
     */
    static final String QUARANTINE_LOOK = KeptSql.of("claim-5-quarantine-look");

    /**
     * The next events of each lane; what is long of an event is left out if that is more than so many bytes. Parameters: the
     * bytes, the lanes, their limits, their lows, the watermark, the default stream, and the streams that back off.
     */
    static final String SMALL_EVENTS = KeptSql.of("claim-6-small-events");

    /** What is read once lanes are held, in one message. Parameters: those of the two statements. */
    static final String READ = QUARANTINE_LOOK + ";\n" + SMALL_EVENTS;

    /**
     * The released events of each lane, weighed. Parameters: in bytes the size from which events are too large, the lane's budget,
     * the claim's, and what a first event may weigh; the lanes, their limits, the default stream, and the streams that back off.
     */
    static final String RELEASED_EVENTS = KeptSql.of("claim-7-released-events");

    /** The next events of each lane, weighed. Parameters: the same four; then those of {@link #SMALL_EVENTS} but its first. */
    static final String OUTBOX_EVENTS = KeptSql.of("claim-8-outbox-events");

    private ClaimStatements() {}
}
