package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.Lanes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A claim that holds its lanes by one connection's transaction. After the commit it records in the lane memory what it learned of its
 * lanes.
 */
final class LaneClaim implements Claim {

    /** Which part of a lane was read. */
    enum Extent {
        /** Its events in ascending order, none left out. */
        WHOLE,
        /** The same without those of streams that back off. */
        WITHOUT_STREAMS_BACKING_OFF,
        /** Only events from the quarantine table; the outbox was not read. */
        RELEASED,
        /** Nothing: the claim was full before it came to this lane. */
        PASSED_OVER
    }

    /**
     * The result of reading one lane.
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
     * What was known before the lanes were read.
     *
     * @param drawn the highest id drawn
     * @param proven the watermark
     * @param generation of the lane memory
     * @param empty the lanes that held no event
     */
    record StartingPoint(long drawn, long proven, long generation, Lanes empty) {}

    /**
     * The events that were read from the held lanes.
     *
     * @param waiting the events whose key is blocked by an earlier event in quarantine
     * @param released the ids of the events that an operator has released from quarantine, or that a replay sends again; their rows are
     *     still in the quarantine table
     */
    record Content(
            Map<Integer, Reading> readings, List<Event> events, List<Outcome.Waiting> waiting, Set<Long> released) {

        /** No events: doubtful events were given other ids, and another claim reads them after the commit. */
        static final Content RENUMBERED = new Content(Map.of(), List.of(), List.of(), Set.of());

        /** The claim holds no lane. */
        static final Content NONE = new Content(Map.of(), List.of(), List.of(), Set.of());

        boolean renumbered() {
            return this == RENUMBERED;
        }

        boolean empty() {
            return events.isEmpty() && waiting.isEmpty();
        }
    }

    /** What a claim stores for other pollers in its own transaction. */
    record Notes(LaneLows lows, TimelineGuard timelines) {

        /** Returns whether anything was written. */
        boolean write(Connection connection, StartingPoint start, Content content) throws SQLException {
            boolean stored = lows.store(
                    connection, seen(start.empty(), content.readings().keySet()));
            return !content.empty() && timelines.mark(connection, start.drawn()) || stored;
        }

        private static List<Integer> seen(Lanes empty, Set<Integer> read) {
            return IntStream.range(0, Lanes.COUNT)
                    .filter(lane -> empty.contains(lane) || read.contains(lane))
                    .boxed()
                    .toList();
        }
    }

    private final Connection connection;
    private final LaneMemory memory;
    private final Settlement settlement;
    private final Notes notes;
    private final PollInterval pollInterval;
    private final Deadline deadline;
    private final StartingPoint start;
    private final Content content;
    private boolean committed;

    LaneClaim(
            Connection connection,
            LaneMemory memory,
            Settlement settlement,
            Notes notes,
            PollInterval pollInterval,
            Deadline deadline,
            StartingPoint start,
            Content content) {
        this.connection = connection;
        this.memory = memory;
        this.settlement = settlement;
        this.notes = notes;
        this.pollInterval = pollInterval;
        this.deadline = deadline;
        this.start = start;
        this.content = content;
    }

    @Override
    public List<Event> events() {
        return content.events();
    }

    /**
     * Events whose key is blocked by an earlier event in quarantine. They are moved to quarantine, or stay there, and are not published.
     */
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
        pollInterval.settles();
        try {
            left = settlement.write(connection, content, outcomes);
        } catch (SQLException e) {
            throw new DatabaseUnavailable("the published events could not be settled: they will be published again", e);
        }
        commit(left);
        pollInterval.settled();
    }

    private void commit(Collection<Event> left) {
        try {
            boolean noted = notes.write(connection, start, content);
            if (noted || content.renumbered() || !content.empty()) {
                connection.commit();
            } else {
                // Nothing was written, so a rollback saves the server a commit record.
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
            // The connection may be lost, and the next one may lead to another server.
            memory.forget();
        }
        try (connection) {
            if (!committed) {
                connection.rollback();
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // The session ends, which releases the lanes.
            memory.forget();
        }
    }
}
