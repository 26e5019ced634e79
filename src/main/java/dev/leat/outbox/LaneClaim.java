package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** A claim over one connection's transaction. What it learned of its lanes goes into the lane memory once it is committed. */
final class LaneClaim implements Claim {

    /** What was read of a lane. */
    enum Extent {
        /** Its events in ascending order, none left out. */
        WHOLE,
        /** The same without those of streams that back off. */
        WITHOUT_STREAMS_BACKING_OFF,
        /** What was released from quarantine; the outbox was not looked at. */
        RELEASED,
        /** Nothing: the claim was full before this lane's turn came. */
        PASSED_OVER
    }

    /**
     * How one lane was read.
     *
     * @param events how many were read
     * @param cutAt the last id read, if the lane holds more
     */
    record Reading(Extent extent, int events, OptionalLong cutAt) {

        boolean full() {
            return extent == Extent.RELEASED || extent == Extent.PASSED_OVER || cutAt.isPresent();
        }
    }

    /**
     * What the sequence said before the lanes were read.
     *
     * @param drawn the highest id drawn
     * @param proven the watermark
     * @param generation of the lane memory
     */
    record StartingPoint(long drawn, long proven, long generation) {}

    /**
     * What was read of the lanes held.
     *
     * @param waiting whose key is blocked by an earlier event in quarantine
     * @param released the ids of those events that a person has released from quarantine, where their rows still are
     */
    record Content(
            Map<Integer, Reading> readings, List<Event> events, List<Outcome.Waiting> waiting, Set<Long> released) {

        /** Nothing yet: events were given other ids, and are to be read anew once that is committed. */
        static final Content RENUMBERED = new Content(Map.of(), List.of(), List.of(), Set.of());

        boolean renumbered() {
            return this == RENUMBERED;
        }

        boolean empty() {
            return events.isEmpty() && waiting.isEmpty();
        }
    }

    /** What a claim writes down for others as it commits. */
    record Notes(LaneLows lows, TimelineGuard timelines) {

        /** Returns whether anything was written. */
        boolean write(Connection connection, StartingPoint start, Content content) throws SQLException {
            boolean stored = lows.store(connection, content.readings().keySet());
            return !content.empty() && timelines.mark(connection, start.drawn()) || stored;
        }
    }

    private final Connection connection;
    private final LaneMemory memory;
    private final Settlement settlement;
    private final Notes notes;
    private final Deadline deadline;
    private final StartingPoint start;
    private final Content content;
    private boolean committed;

    LaneClaim(
            Connection connection,
            LaneMemory memory,
            Settlement settlement,
            Notes notes,
            Deadline deadline,
            StartingPoint start,
            Content content) {
        this.connection = connection;
        this.memory = memory;
        this.settlement = settlement;
        this.notes = notes;
        this.deadline = deadline;
        this.start = start;
        this.content = content;
    }

    @Override
    public List<Event> events() {
        return content.events();
    }

    /** Events whose key is blocked by an earlier one in quarantine: to be set aside (or left there), not published. */
    List<Outcome.Waiting> waiting() {
        return content.waiting();
    }

    @Override
    public boolean full() {
        return content.renumbered() || content.readings().values().stream().anyMatch(Reading::full);
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public void settle(List<Outcome> outcomes) {
        List<Event> left;
        try {
            left = settlement.write(connection, content, outcomes);
        } catch (SQLException e) {
            throw new DatabaseUnavailable("what was published could not be settled: it will be published again", e);
        }
        commit(left);
    }

    private void commit(Collection<Event> left) {
        try {
            boolean noted = notes.write(connection, start, content);
            if (noted || content.renumbered() || !content.empty()) {
                connection.commit();
            } else {
                // Nothing was written: no need for the server to log a commit.
                connection.rollback();
            }
            committed = true;
        } catch (SQLException e) {
            throw new DatabaseUnavailable(
                    "the claim of lanes " + content.readings().keySet() + " was not committed: its events "
                            + "will be claimed again",
                    e);
        }
        note(left);
    }

    private void note(Collection<Event> left) {
        Map<Integer, Integer> leftOfLane = new HashMap<>();
        Map<Integer, Long> firstLeft = new HashMap<>();
        for (Event event : left) {
            leftOfLane.merge(event.lane(), 1, Integer::sum);
            firstLeft.merge(event.lane(), event.id(), Math::min);
        }
        content.readings().forEach((lane, reading) -> {
            if (reading.extent() == Extent.WHOLE) {
                Long first = firstLeft.get(lane);
                memory.settled(
                        start.generation(),
                        lane,
                        start.drawn(),
                        start.proven(),
                        new LaneMemory.Settled(
                                reading.events(),
                                reading.cutAt(),
                                leftOfLane.getOrDefault(lane, 0),
                                first == null ? OptionalLong.empty() : OptionalLong.of(first)));
            } else {
                memory.unread(lane);
            }
        });
    }

    @Override
    public void close() {
        if (!committed) {
            // Perhaps the connection was lost, and the next one leads to another server.
            memory.forget();
        }
        try (connection) {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // The session is gone or going, and with it the lanes: there is nothing left to give back.
            memory.forget();
        }
    }
}
