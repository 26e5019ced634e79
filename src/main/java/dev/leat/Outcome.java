package dev.leat;

/** The outcome of an event in one pass. Settling records it before the lane is released. */
public sealed interface Outcome {

    Event event();

    /** Acknowledged by the stream. */
    record Delivered(Event event, String shardId, String sequenceNumber) implements Outcome {}

    /** Not acknowledged in time; it stays in the outbox, and so does every later event of its key. */
    record TryLater(Event event, String reason) implements Outcome {}

    /** The event can never be sent as it is; it is moved to quarantine, where an operator decides on it. */
    record Quarantined(Event event, String reason) implements Outcome {}

    /**
     * The event could be sent, but an earlier event of its key is in quarantine and must be sent first; it is moved to quarantine too.
     *
     * @param behind the id of the earlier event
     */
    record Waiting(Event event, long behind) implements Outcome {}
}
