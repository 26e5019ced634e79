package dev.leat.claim;

import dev.leat.Event;
import dev.leat.Outcome;
import java.sql.Array;
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
import java.util.function.Function;

/** Reads the events of lanes that the connection's transaction holds: the released ones of a lane, else those of its outbox. */
final class LaneReader {

    private static final LaneClaim.Reading PASSED_OVER =
            new LaneClaim.Reading(LaneClaim.Extent.PASSED_OVER, 0, OptionalLong.empty());

    private final Connection connection;
    private final ClaimSettings settings;
    private final LaneBook book;
    private final String defaultStream;
    private final Set<String> restingStreams;

    /**
     * @param defaultStream the stream of events that name none
     * @param restingStreams streams whose events are left where they are
     */
    LaneReader(
            Connection connection,
            ClaimSettings settings,
            LaneBook book,
            String defaultStream,
            Set<String> restingStreams) {
        this.connection = connection;
        this.settings = settings;
        this.book = book;
        this.defaultStream = defaultStream;
        this.restingStreams = restingStreams;
    }

    /**
     * Reads each lane once.
     *
     * @param watermark up to where held events may be read
     */
    LaneClaim.Content read(List<HeldLane> held, long watermark) throws SQLException {
        List<HeldLane> lanes = held.stream()
                .sorted(Comparator.comparingInt((HeldLane lane) -> book.passedOver(lane.lane()))
                        .reversed())
                .toList();
        Map<Integer, LaneClaim.Reading> readings = new TreeMap<>();
        List<Event> events = new ArrayList<>();
        Set<Long> released = new HashSet<>();
        List<Outcome.Waiting> waiting = new ArrayList<>();

        Map<String, Long> blocked = blockedKeys(lanes);
        Batch fromQuarantine = read(lanes, released(lanes));
        long rest = settings.batchBytes() - fromQuarantine.weight();
        for (Event event : fromQuarantine.events()) {
            released.add(event.id());
        }
        // One of them may have been refused again, before those behind it were read.
        sort(fromQuarantine.events(), blocked, events, waiting);
        List<HeldLane> others = new ArrayList<>();
        for (HeldLane lane : lanes) {
            int count = fromQuarantine.count(lane);
            if (count > 0) {
                readings.put(
                        lane.lane(), new LaneClaim.Reading(LaneClaim.Extent.RELEASED, count, OptionalLong.empty()));
            } else if (fromQuarantine.passedOver(lane) || rest <= 0) {
                readings.put(lane.lane(), PASSED_OVER);
            } else {
                others.add(lane);
            }
        }
        if (!others.isEmpty()) {
            Batch fromOutbox = read(others, outbox(others, watermark, rest));
            sort(fromOutbox.events(), blocked, events, waiting);
            LaneClaim.Extent extent =
                    restingStreams.isEmpty() ? LaneClaim.Extent.WHOLE : LaneClaim.Extent.WITHOUT_RESTING_STREAMS;
            for (HeldLane lane : others) {
                readings.put(
                        lane.lane(),
                        fromOutbox.passedOver(lane)
                                ? PASSED_OVER
                                : new LaneClaim.Reading(extent, fromOutbox.count(lane), fromOutbox.cutAt(lane)));
            }
        }
        readings.forEach((lane, reading) -> book.turnTaken(lane, reading == PASSED_OVER));
        return new LaneClaim.Content(readings, events, waiting, released);
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

    /** Events as they came, lane by lane. */
    private static final class Batch {

        private final List<Event> events = new ArrayList<>();
        private final int[] counts = new int[LaneBook.LANES];
        private final long[] last = new long[LaneBook.LANES];
        private final boolean[] cut = new boolean[LaneBook.LANES];
        private final boolean[] closed = new boolean[LaneBook.LANES];
        private long weight;

        List<Event> events() {
            return events;
        }

        int count(HeldLane lane) {
            return counts[lane.lane()];
        }

        /** The last id read, if the lane holds more than was read. */
        OptionalLong cutAt(HeldLane lane) {
            return cut[lane.lane()] ? OptionalLong.of(last[lane.lane()]) : OptionalLong.empty();
        }

        /** Whether it has events, and there was room for none. */
        boolean passedOver(HeldLane lane) {
            return closed[lane.lane()] && counts[lane.lane()] == 0;
        }

        /** What all events weigh, in bytes. */
        long weight() {
            return weight;
        }

        boolean closed(int lane) {
            return closed[lane];
        }

        /** The next event of the lane does not fit: it and those behind it are for another claim. */
        void close(int lane) {
            closed[lane] = true;
            cut[lane] = true;
        }

        void add(Event event, long bytes, int limit, boolean overBudget) {
            weight += bytes;
            int lane = event.lane();
            if (counts[lane] > 0 && last[lane] >= event.id()) {
                throw new IllegalStateException(
                        "lane " + lane + " was read out of order: " + event.id() + " after " + last[lane]);
            }
            events.add(event);
            last[lane] = event.id();
            counts[lane]++;
            cut[lane] = counts[lane] >= limit || overBudget;
        }
    }

    private Batch read(List<HeldLane> lanes, PreparedStatement prepared) throws SQLException {
        int[] limits = new int[LaneBook.LANES];
        lanes.forEach(lane -> limits[lane.lane()] = lane.limit());
        Batch batch = new Batch();
        try (PreparedStatement statement = prepared;
                ResultSet rows = statement.executeQuery()) {
            EventReader reader = new EventReader(rows, settings.maxImageBytes());
            while (rows.next()) {
                int lane = reader.lane();
                if (batch.closed(lane)) {
                    continue;
                }
                if (reader.fits()) {
                    batch.add(reader.read(), reader.weight(), limits[lane], reader.running() >= laneBudget());
                } else {
                    batch.close(lane);
                }
            }
        }
        return batch;
    }

    private PreparedStatement released(List<HeldLane> lanes) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ClaimStatements.RELEASED_EVENTS);
        bounds(statement, settings.batchBytes(), settings.maxImageBytes());
        statement.setArray(5, array("int2", lanes, HeldLane::lane));
        statement.setArray(6, array("int4", lanes, HeldLane::limit));
        route(statement, 7);
        return statement;
    }

    private PreparedStatement outbox(List<HeldLane> lanes, long watermark, long budget) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(ClaimStatements.OUTBOX_EVENTS);
        bounds(statement, budget, budget == settings.batchBytes() ? settings.maxImageBytes() : 0);
        statement.setArray(5, array("int2", lanes, HeldLane::lane));
        statement.setArray(6, array("int4", lanes, HeldLane::limit));
        statement.setArray(7, array("int8", lanes, HeldLane::low));
        statement.setLong(8, watermark);
        route(statement, 9);
        return statement;
    }

    /** However much there is, a claim holds its batch's bytes, or one event that weighs more. */
    private void bounds(PreparedStatement statement, long budget, long alone) throws SQLException {
        statement.setLong(1, settings.maxImageBytes());
        statement.setLong(2, laneBudget());
        statement.setLong(3, budget);
        statement.setLong(4, alone);
    }

    private void route(PreparedStatement statement, int first) throws SQLException {
        statement.setString(first, defaultStream);
        statement.setArray(first + 1, connection.createArrayOf("text", restingStreams.toArray()));
    }

    private Array array(String type, List<HeldLane> lanes, Function<HeldLane, Object> column) throws SQLException {
        return connection.createArrayOf(type, lanes.stream().map(column).toArray());
    }

    private long laneBudget() {
        return Math.max(1, settings.batchBytes() / 4);
    }

    private Map<String, Long> blockedKeys(List<HeldLane> lanes) throws SQLException {
        Map<String, Long> blocked = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BLOCKED_KEYS)) {
            statement.setArray(1, array("int2", lanes, HeldLane::lane));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    blocked.merge(EventReader.readable(rows, 1), rows.getLong(2), Math::min);
                }
            }
        }
        return blocked;
    }
}
