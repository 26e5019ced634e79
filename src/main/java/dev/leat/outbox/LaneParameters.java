package dev.leat.outbox;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Sets the parameters of the statements that read lanes.
 *
 * @param defaultStream the stream of events that name none
 * @param streamsBackingOff streams whose events are left where they are
 */
record LaneParameters(Connection connection, String defaultStream, Set<String> streamsBackingOff) {

    /** Sets the six parameters of a statement on the outbox, starting at index {@code first}. */
    void lanes(PreparedStatement statement, int first, List<LaneQuery> lanes, long watermark) throws SQLException {
        limits(statement, first, lanes);
        statement.setArray(first + 2, array("int8", lanes, LaneQuery::low));
        statement.setLong(first + 3, watermark);
        streams(statement, first + 4);
    }

    /** Sets two parameters: the lanes, and the limit of each. */
    void limits(PreparedStatement statement, int first, List<LaneQuery> lanes) throws SQLException {
        numbers(statement, first, lanes);
        statement.setArray(first + 1, array("int4", lanes, LaneQuery::limit));
    }

    /** Sets one parameter: the lanes. */
    void numbers(PreparedStatement statement, int place, List<LaneQuery> lanes) throws SQLException {
        statement.setArray(place, array("int2", lanes, LaneQuery::lane));
    }

    /** Sets two parameters: the default stream, and the streams that back off. */
    void streams(PreparedStatement statement, int first) throws SQLException {
        statement.setString(first, defaultStream);
        statement.setArray(first + 1, connection.createArrayOf("text", streamsBackingOff.toArray()));
    }

    private Array array(String type, List<LaneQuery> lanes, Function<LaneQuery, Object> column) throws SQLException {
        return connection.createArrayOf(type, lanes.stream().map(column).toArray());
    }
}
