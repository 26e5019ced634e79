package dev.leat.model;

/** What must hold, in every state or at every step. */
enum Promise {
    /** A committed event has arrived in the stream, or lies in the outbox. */
    NOTHING_LOST,
    /** No event of the outbox, and none that may yet be committed, lies at or below a low: no claim would find it. */
    NOTHING_OUT_OF_REACH,
    /** First arrivals of a key have rising ids: a consumer that keeps one number for each key sees each event once. */
    ORDER,
    /** What arrives was committed. */
    NOTHING_ROLLED_BACK_ARRIVES,
    /** An event arrives twice only after a crash, a lost session, a lost answer or a late request. */
    REPETITIONS_HAVE_A_CAUSE,
    /** A poller sends nothing after its deadline. */
    NOTHING_SENT_AFTER_THE_DEADLINE,
    /** What is settled is found in the outbox, row for row. */
    SETTLES_WHAT_IT_READ,
    /** A poller rests until the sequence moves only if nothing up to there is left or may come. */
    RESTS_ONLY_WHEN_DRAINED,
    /** When all is quiet, the last record of a key in the stream is its newest event. Not promised if requests may be late. */
    ENDS_AT_THE_NEWEST
}
