package dev.leat.claim;

import dev.leat.Event;
import dev.leat.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** Reads the events of lanes that the connection's transaction holds: the released ones of a lane, else those of its outbox. */
final class LaneReader {

    private final Connection connection;
    private final ClaimSettings settings;

    LaneReader(Connection connection, ClaimSettings settings) {
        this.connection = connection;
        this.settings = settings;
    }

    /**
     * @param lows the low of each lane held
     * @param watermark up to where held events may be read
     * @param limit the number of events to read of each lane, at most
     */
    LaneClaim.Content read(Map<Integer, Long> lows, long watermark, int limit) throws SQLException {
        Map<Integer, LaneClaim.Reading> readings = new TreeMap<>();
        List<Event> events = new ArrayList<>();
        Set<Long> released = new HashSet<>();
        List<Outcome.Waiting> waiting = new ArrayList<>();

        for (Event event : events(released(lows.keySet(), limit), limit).events()) {
            events.add(event);
            released.add(event.id());
            readings.put(event.lane(), new LaneClaim.Reading(false, OptionalLong.empty()));
        }
        Map<Integer, Long> unread = new TreeMap<>(lows);
        unread.keySet().removeAll(readings.keySet());
        if (!unread.isEmpty()) {
            Map<String, Long> blocked = blockedKeys(unread.keySet());
            Batch batch = events(outbox(unread, watermark, limit), limit);
            for (Event event : batch.events()) {
                Long behind = blocked.get(event.route().partitionKey());
                // An event before the quarantined one was read with it, but not delivered in time.
                if (behind == null || event.id() < behind) {
                    events.add(event);
                } else {
                    waiting.add(new Outcome.Waiting(event, behind));
                }
            }
            for (int lane : unread.keySet()) {
                Long cutAt = batch.cutAt().get(lane);
                readings.put(
                        lane,
                        new LaneClaim.Reading(true, cutAt == null ? OptionalLong.empty() : OptionalLong.of(cutAt)));
            }
        }
        return new LaneClaim.Content(readings, events, waiting, released);
    }

    /**
     * Events as they came.
     *
     * @param cutAt the last id read of each lane that holds more than was read
     */
    private record Batch(List<Event> events, Map<Integer, Long> cutAt) {}

    private Batch events(PreparedStatement prepared, int limit) throws SQLException {
        List<Event> events = new ArrayList<>();
        Map<Integer, Long> cutAt = new HashMap<>();
        Map<Integer, Integer> counts = new HashMap<>();
        Map<Integer, Long> last = new HashMap<>();
        try (PreparedStatement statement = prepared;
                ResultSet rows = statement.executeQuery()) {
            EventReader reader = new EventReader(rows, settings.maxImageBytes());
            while (rows.next()) {
                Event event = reader.read();
                Long before = last.put(event.lane(), event.id());
                if (before != null && before >= event.id()) {
                    throw new IllegalStateException(
                            "lane " + event.lane() + " was read out of order: " + event.id() + " after " + before);
                }
                events.add(event);
                boolean cut = counts.merge(event.lane(), 1, Integer::sum) >= limit || reader.running() >= laneBudget();
                if (cut) {
                    cutAt.put(event.lane(), event.id());
                }
            }
        }
        return new Batch(events, cutAt);
    }

    private PreparedStatement released(Collection<Integer> lanes, int limit) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ClaimStatements.RELEASED_EVENTS);
        statement.setLong(1, settings.maxImageBytes());
        statement.setLong(2, settings.maxImageBytes());
        statement.setArray(3, connection.createArrayOf("int2", lanes.toArray()));
        statement.setInt(4, limit);
        statement.setLong(5, laneBudget());
        return statement;
    }

    private PreparedStatement outbox(Map<Integer, Long> lows, long watermark, int limit) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ClaimStatements.OUTBOX_EVENTS);
        statement.setLong(1, settings.maxImageBytes());
        statement.setLong(2, settings.maxImageBytes());
        statement.setArray(3, connection.createArrayOf("int2", lows.keySet().toArray()));
        statement.setArray(4, connection.createArrayOf("int8", lows.values().toArray()));
        statement.setLong(5, watermark);
        statement.setInt(6, limit);
        statement.setLong(7, laneBudget());
        return statement;
    }

    private long laneBudget() {
        return Math.max(1, settings.batchBytes() / LaneBook.LANES * 4);
    }

    private Map<String, Long> blockedKeys(Collection<Integer> lanes) throws SQLException {
        Map<String, Long> blocked = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BLOCKED_KEYS)) {
            statement.setArray(1, connection.createArrayOf("int2", lanes.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    blocked.merge(rows.getString(1), rows.getLong(2), Math::min);
                }
            }
        }
        return blocked;
    }
}
