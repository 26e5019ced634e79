package dev.leat.pipeline;

import dev.leat.Event;
import dev.leat.Outcome;
import java.util.List;

/**
 * A claim: some lanes, held by an open transaction, and the events read from them. While it is open no other poller can publish for these
 * lanes. To close it before it is settled releases the lanes and changes no event.
 */
public interface Claim extends AutoCloseable {

    /** The events to publish, in ascending order of id within each partition key. */
    List<Event> events();

    /** Whether some lane holds more events than were read, so that another claim should follow at once. */
    boolean full();

    /** Until when this claim certainly holds the lanes. */
    Deadline deadline();

    /**
     * Stage 5, settle: deletes (or keeps) the delivered events, moves the quarantined and the waiting ones to quarantine, leaves all
     * others in the outbox, and releases the lanes, in one commit. To be called at most once.
     *
     * @param outcomes one for each of {@link #events()}
     * @throws DatabaseUnavailable when the commit failed or its answer was lost: the events may be published again
     */
    void settle(List<Outcome> outcomes);

    /** Releases the lanes. If the claim was not settled, its transaction is rolled back. */
    @Override
    void close();
}
