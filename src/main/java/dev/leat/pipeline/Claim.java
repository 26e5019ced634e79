package dev.leat.pipeline;

import dev.leat.Event;
import dev.leat.Outcome;
import java.util.List;

/**
 * Some lanes, held by an open transaction, and the events read from them. While it is open no other poller can publish for
 * these lanes; closing it before it is settled gives the lanes back with their events untouched.
 */
public interface Claim extends AutoCloseable {

    /** In ascending order of id within each partition key. */
    List<Event> events();

    /** Whether some lane held more than was read: there is more to claim at once. */
    boolean full();

    /** Until when the lanes are certainly ours. */
    Deadline deadline();

    /**
     * Stage 5, settle: deletes (or keeps) what was delivered, sets aside what is quarantined or waits, leaves the rest, and gives the lanes
     * back, in one commit. Called once at most.
     *
     * @param outcomes one for each of {@link #events()}
     * @throws DatabaseUnavailable when the commit failed or its answer was lost: the events may be published again
     */
    void settle(List<Outcome> outcomes);

    /** Gives the lanes back. What was not settled by then never happened. */
    @Override
    void close();
}
