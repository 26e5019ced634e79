package dev.leat;

/** What became of an event in one pass. Settling acts on it before the lane is let go. */
public sealed interface Outcome {

    Event event();

    /** Acknowledged by the stream. */
    record Delivered(Event event, String shardId, String sequenceNumber) implements Outcome {}

    /** Not acknowledged in time; it stays in the outbox, and so does every later event of its key. */
    record TryLater(Event event, String reason) implements Outcome {}

    /** Can never be sent as it is; set aside where a person sees it. */
    record Quarantined(Event event, String reason) implements Outcome {}

    /**
     * Sound, but an earlier event of its key is in quarantine and must not be passed; set aside behind it.
     *
     * @param behind the id of the earlier event
     */
    record Waiting(Event event, long behind) implements Outcome {}
}
