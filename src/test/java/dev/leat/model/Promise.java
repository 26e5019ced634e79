package dev.leat.model;

/** What must be true in every state or at every step. */
enum Promise {
    /** A committed event has arrived in the stream or is in the outbox. */
    NOTHING_LOST,
    /** No event that is in the outbox, or may still be committed, has an id up to a low: no claim would find it. */
    NOTHING_OUT_OF_REACH,
    /** First arrivals of a key have rising ids: a consumer that keeps one number for each key sees each event once. */
    ORDER,
    /** What arrives was committed. */
    NOTHING_ROLLED_BACK_ARRIVES,
    /** An event arrives twice only after a crash, a lost session, a lost answer or a late request. */
    REPETITIONS_HAVE_A_CAUSE,
    /** A poller sends nothing after its deadline. */
    NOTHING_SENT_AFTER_THE_DEADLINE,
    /** Every event that is settled is in the outbox. */
    SETTLES_WHAT_IT_READ,
    /** A poller waits for the next id only if no event below that id is left or may still be committed. */
    RESTS_ONLY_WHEN_DRAINED,
    /** After the last step, the last record of a key in the stream is its newest event. Not promised if requests may be late. */
    ENDS_AT_THE_NEWEST
}
