package dev.leat.model;

/** The protocol without one of its rules. */
enum Mistake {
    /** The lane is locked and its events are read by one statement, with one snapshot. */
    LOCK_AND_READ_IN_ONE_STATEMENT,
    /** The highest id drawn is taken for the watermark. */
    WATERMARK_UNPROVEN,
    /** Prepared transactions are left out of the holders. */
    WATERMARK_WITHOUT_PREPARED,
    /** A holder that is gone is taken for ended, although it may have prepared its transaction. */
    WATERMARK_BLIND_TO_PREPARING,
    /** The holders are read before the sequence. */
    HOLDERS_BEFORE_SEQUENCE,
    /** Writers draw the id before they lock the outbox, as a sequence with a cache would let them. */
    ID_DRAWN_BEFORE_THE_LOCK,
    /** Events whose order no row lock guarantees are claimed at once. */
    HELD_EVENTS_NOT_HELD,
    /** Everything up to the last id delivered is deleted. */
    DELETION_BY_RANGE,
    /** The deadline is not checked before a request. */
    NO_CLOCK_CHECK,
    /** The next event of a key is sent while the one before is under way. */
    SUCCESSOR_BEFORE_ACKNOWLEDGEMENT,
    /** A record counts as delivered as soon as it is sent. */
    SETTLED_BEFORE_ACKNOWLEDGEMENT,
    /** The low is set to the watermark, although events below it are left in the outbox. */
    LOW_PASSES_WHAT_WAS_LEFT,
    /** A lane without events is taken for empty up to the highest id drawn, not only up to the watermark. */
    EMPTY_UP_TO_THE_ID_DRAWN,
    /** The low is raised although the claim was not committed. */
    LOW_LEARNT_WITHOUT_COMMIT
}
