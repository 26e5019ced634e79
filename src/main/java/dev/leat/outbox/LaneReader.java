package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of lanes that the connection's transaction holds: a lane's released events, or its events in the outbox if none were
 * released. Events that a replay sends again are read together with those of the outbox.
 */
final class LaneReader {

    private static final LaneClaim.Reading PASSED_OVER =
            new LaneClaim.Reading(LaneClaim.Extent.PASSED_OVER, 0, OptionalLong.empty());

    private final Connection connection;
    private final ClaimSettings settings;
    private final LaneMemory memory;
    private final LaneParameters parameters;

    /**
     * @param defaultStream the stream of events that name none
     * @param streamsBackingOff streams whose events are left where they are
     */
    LaneReader(
            Connection connection,
            ClaimSettings settings,
            LaneMemory memory,
            String defaultStream,
            Set<String> streamsBackingOff) {
        this.connection = connection;
        this.settings = settings;
        this.memory = memory;
        this.parameters = new LaneParameters(connection, defaultStream, streamsBackingOff);
    }

    /**
     * Reads each lane once.
     *
     * @param watermark up to where held events may be read
     * @param inQuarantine whether the lanes have released events, or events in quarantine that block a key
     */
    LaneClaim.Content read(List<LaneQuery> held, long watermark, boolean inQuarantine) throws SQLException {
        if (held.isEmpty()) {
            return LaneClaim.Content.NONE;
        }
        List<LaneQuery> lanes = held.stream()
                .sorted(Comparator.comparingInt((LaneQuery lane) -> memory.passedOver(lane.lane()))
                        .reversed())
                .toList();
        QuarantineLook look = inQuarantine ? look(lanes) : QuarantineLook.NOTHING;
        Batch small = look.released() || memory.expectsLarge() ? null : small(lanes, watermark);
        if (small == null) {
            return weighed(lanes, watermark, look);
        }
        Map<Integer, LaneClaim.Reading> readings = new TreeMap<>();
        List<Event> events = new ArrayList<>();
        List<Outcome.Waiting> waiting = new ArrayList<>();
        sort(small.events(), look.blocked(), events, waiting);
        LaneClaim.Extent extent = extent();
        for (LaneQuery lane : lanes) {
            readings.put(lane.lane(), new LaneClaim.Reading(extent, small.count(lane), small.cutAt(lane)));
            memory.turnTaken(lane.lane(), false);
        }
        return new LaneClaim.Content(readings, events, waiting, Set.of());
    }

    /**
     * @param blocked keys that a quarantined event blocks, and the first such event
     * @param released whether there are released events
     */
    private record QuarantineLook(Map<String, Long> blocked, boolean released) {

        static final QuarantineLook NOTHING = new QuarantineLook(Map.of(), false);

        static QuarantineLook of(ResultSet rows) throws SQLException {
            Map<String, Long> blocked = new HashMap<>();
            boolean released = false;
            while (rows.next()) {
                long id = rows.getLong(2);
                if (rows.wasNull()) {
                    released = true;
                } else {
                    blocked.merge(EventReader.readable(rows, 1), id, Math::min);
                }
            }
            return new QuarantineLook(blocked, released);
        }
    }

    private QuarantineLook look(List<LaneQuery> lanes) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BLOCKED_KEYS)) {
            parameters.numbers(statement, 1, lanes);
            try (ResultSet rows = statement.executeQuery()) {
                return QuarantineLook.of(rows);
            }
        }
    }

    /** The next events of the outbox; null if one of them was not small. */
    private @Nullable Batch small(List<LaneQuery> lanes, long watermark) throws SQLException {
        int most = Math.max(1, lanes.stream().mapToInt(LaneQuery::limit).sum());
        long smallBytes = Math.min(settings.maxImageBytes(), settings.batchBytes() / most);
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.SMALL_EVENTS)) {
            statement.setLong(1, smallBytes);
            parameters.lanes(statement, 2, lanes, watermark);
            try (ResultSet rows = statement.executeQuery()) {
                Batch small = small(lanes, rows, smallBytes);
                memory.metLarge(small == null);
                return small;
            }
        }
    }

    private @Nullable Batch small(List<LaneQuery> lanes, ResultSet rows, long smallBytes) throws SQLException {
        int[] limits = LaneQuery.limits(lanes);
        EventReader reader = new EventReader(rows, settings.maxImageBytes(), parameters.defaultStream());
        Batch batch = new Batch();
        while (rows.next()) {
            if (reader.weight() > smallBytes) {
                return null;
            }
            batch.add(reader.read(), reader.weight(), limits[reader.lane()], false);
        }
        return batch;
    }

    /** Reads events limited by size. A lane's released events go before its events in the outbox. */
    private LaneClaim.Content weighed(List<LaneQuery> lanes, long watermark, QuarantineLook look) throws SQLException {
        Map<String, Long> blocked = look.blocked();
        Map<Integer, LaneClaim.Reading> readings = new TreeMap<>();
        List<Event> events = new ArrayList<>();
        Set<Long> released = new HashSet<>();
        List<Outcome.Waiting> waiting = new ArrayList<>();
        WeighedEvents reader = new WeighedEvents(connection, settings, parameters);
        Batch fromQuarantine = look.released() ? reader.released(lanes) : new Batch();
        long remainingBytes = settings.batchBytes() - fromQuarantine.weight();
        Set<Integer> older = new HashSet<>();
        for (Event event : fromQuarantine.events()) {
            released.add(event.id());
            if (!event.replay()) {
                older.add(event.lane());
            }
        }
        // A released event may have been refused again before the later ones of its key were read.
        sort(fromQuarantine.events(), blocked, events, waiting);
        List<LaneQuery> others = new ArrayList<>();
        for (LaneQuery lane : lanes) {
            int count = fromQuarantine.count(lane);
            // New events wait for what was never sent, which is older, but not for what is sent again.
            if (older.contains(lane.lane()) || count > 0 && remainingBytes <= 0) {
                readings.put(
                        lane.lane(), new LaneClaim.Reading(LaneClaim.Extent.RELEASED, count, OptionalLong.empty()));
            } else if (fromQuarantine.passedOver(lane) || remainingBytes <= 0) {
                readings.put(lane.lane(), PASSED_OVER);
            } else {
                others.add(lane);
            }
        }
        if (!others.isEmpty()) {
            Batch fromOutbox = reader.outbox(others, watermark, remainingBytes);
            sort(fromOutbox.events(), blocked, events, waiting);
            LaneClaim.Extent extent = extent();
            for (LaneQuery lane : others) {
                int count = fromQuarantine.count(lane) + fromOutbox.count(lane);
                // There may be more replayed events, whose ids say nothing about the outbox: the lane is not empty, and
                // its low stays.
                OptionalLong cutAt =
                        fromQuarantine.cutAt(lane).isPresent() ? OptionalLong.of(0) : fromOutbox.cutAt(lane);
                readings.put(
                        lane.lane(),
                        fromOutbox.passedOver(lane) ? PASSED_OVER : new LaneClaim.Reading(extent, count, cutAt));
            }
        }
        readings.forEach((lane, reading) -> memory.turnTaken(lane, reading == PASSED_OVER));
        return new LaneClaim.Content(readings, events, waiting, released);
    }

    private LaneClaim.Extent extent() {
        return parameters.streamsBackingOff().isEmpty()
                ? LaneClaim.Extent.WHOLE
                : LaneClaim.Extent.WITHOUT_STREAMS_BACKING_OFF;
    }

    private static void sort(
            List<Event> read, Map<String, Long> blocked, List<Event> events, List<Outcome.Waiting> waiting) {
        for (Event event : read) {
            Long behind = blocked.get(event.route().partitionKey());
            if (behind == null || event.id() < behind) {
                events.add(event);
            } else {
                waiting.add(new Outcome.Waiting(event, behind));
            }
        }
    }
}
