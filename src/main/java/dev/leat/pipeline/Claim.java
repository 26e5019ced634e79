package dev.leat.pipeline;

import dev.leat.Event;
import dev.leat.Outcome;
import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Some lanes, held by an open transaction, and the events read from them. While it is open no other poller can publish for
 * these lanes; closing it without a commit gives the lanes back with their events untouched.
 */
public interface Claim extends AutoCloseable {

    /** In ascending order of id within each partition key. */
    List<Event> events();

    /** Events whose key is blocked by an earlier one in quarantine: to be set aside (or left there), not published. */
    List<Outcome.Waiting> waiting();

    /** The ids of those events that a person has released from quarantine, where their rows still are. */
    Set<Long> released();

    /** Whether some lane held more than was read: there is more to claim at once. */
    boolean full();

    /** Until when the lanes are certainly ours. */
    Deadline deadline();

    /** The transaction that holds the lanes. Settlement writes in it; {@link #commit} ends it. */
    Connection transaction();

    /**
     * Makes what was written permanent and gives the lanes back.
     *
     * @param left the events that stay to be claimed again
     * @throws DatabaseUnavailable when the commit failed or its answer was lost
     */
    void commit(Collection<Event> left);

    /** Gives the lanes back. What was not committed by then never happened. */
    @Override
    void close();
}
