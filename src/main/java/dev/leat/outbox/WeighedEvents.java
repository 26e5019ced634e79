package dev.leat.outbox;

import dev.leat.Event;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** Reads events limited by size: a claim holds at most the bytes of a batch, or one event that is larger. */
final class WeighedEvents {

    private final Connection connection;
    private final ClaimSettings settings;
    private final LaneParameters parameters;

    WeighedEvents(Connection connection, ClaimSettings settings, LaneParameters parameters) {
        this.connection = connection;
        this.settings = settings;
        this.parameters = parameters;
    }

    /** The released events of lanes. */
    Batch released(List<LaneQuery> lanes) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.RELEASED_EVENTS)) {
            bounds(statement, settings.batchBytes(), settings.maxImageBytes());
            parameters.limits(statement, 5, lanes);
            parameters.streams(statement, 7);
            return read(statement, lanes, true);
        }
    }

    /**
     * The next events of the outbox.
     *
     * @param budget the largest size of the events together, in bytes
     */
    Batch outbox(List<LaneQuery> lanes, long watermark, long budget) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.OUTBOX_EVENTS)) {
            bounds(statement, budget, budget == settings.batchBytes() ? settings.maxImageBytes() : 0);
            parameters.lanes(statement, 5, lanes, watermark);
            return read(statement, lanes, false);
        }
    }

    private Batch read(PreparedStatement statement, List<LaneQuery> lanes, boolean released) throws SQLException {
        int[] limits = LaneQuery.limits(lanes);
        Batch batch = new Batch();
        try (ResultSet rows = statement.executeQuery()) {
            EventReader reader = new EventReader(rows, settings.maxImageBytes(), parameters.defaultStream());
            while (rows.next()) {
                int lane = reader.lane();
                if (batch.closed(lane)) {
                    continue;
                }
                if (reader.fits()) {
                    Event event = reader.read();
                    batch.add(
                            released && reader.replay() ? event.asReplay() : event,
                            reader.weight(),
                            limits[lane],
                            reader.running() >= laneBudget());
                } else {
                    batch.close(lane);
                }
            }
        }
        return batch;
    }

    private void bounds(PreparedStatement statement, long budget, long alone) throws SQLException {
        statement.setLong(1, settings.maxImageBytes());
        statement.setLong(2, laneBudget());
        statement.setLong(3, budget);
        statement.setLong(4, alone);
    }

    private long laneBudget() {
        return Math.max(1, settings.batchBytes() / 4);
    }
}
