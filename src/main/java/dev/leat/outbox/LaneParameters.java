package dev.leat.outbox;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * What the statements that read lanes are told of them.
 *
 * @param defaultStream the stream of events that name none
 * @param streamsBackingOff streams whose events are left where they are
 */
record LaneParameters(Connection connection, String defaultStream, Set<String> streamsBackingOff) {

    /** Sets the six parameters of a statement on the outbox, from the given place on. */
    void lanes(PreparedStatement statement, int first, List<LaneQuery> lanes, long watermark) throws SQLException {
        limits(statement, first, lanes);
        statement.setArray(first + 2, array("int8", lanes, LaneQuery::low));
        statement.setLong(first + 3, watermark);
        streams(statement, first + 4);
    }

    /** Sets the two that say how much of each lane is read. */
    void limits(PreparedStatement statement, int first, List<LaneQuery> lanes) throws SQLException {
        numbers(statement, first, lanes);
        statement.setArray(first + 1, array("int4", lanes, LaneQuery::limit));
    }

    /** Sets the one that says which lanes. */
    void numbers(PreparedStatement statement, int place, List<LaneQuery> lanes) throws SQLException {
        statement.setArray(place, array("int2", lanes, LaneQuery::lane));
    }

    /** Sets the two that say which streams. */
    void streams(PreparedStatement statement, int first) throws SQLException {
        statement.setString(first, defaultStream);
        statement.setArray(first + 1, connection.createArrayOf("text", streamsBackingOff.toArray()));
    }

    private Array array(String type, List<LaneQuery> lanes, Function<LaneQuery, Object> column) throws SQLException {
        return connection.createArrayOf(type, lanes.stream().map(column).toArray());
    }
}
