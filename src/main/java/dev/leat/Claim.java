package dev.leat;

import java.sql.Connection;
import java.util.List;

/**
 * Some lanes, held by an open transaction, and the events read from them. While it is open no other poller can publish for
 * these lanes; closing it without settling gives the lanes back with their events untouched.
 */
public interface Claim extends AutoCloseable {

    /** In ascending order of id within each partition key. */
    List<Event> events();

    /** Events whose key is blocked by an earlier one in quarantine: to be set aside, not published. */
    List<Outcome.Waiting> waiting();

    /** Until when the lanes are certainly ours. */
    Deadline deadline();

    /** The transaction that holds the lanes; settlement writes and commits in it. */
    Connection transaction();

    /** Gives the lanes back. What was not committed by then never happened. */
    @Override
    void close();
}
