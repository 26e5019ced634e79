package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Operation;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads events from the rows of the claim's statements. The order of the columns is that of the statements. Only the statements that
 * limit by size return the last two.
 */
final class EventReader {

    private final ResultSet rows;
    private final long tooLarge;
    private final String defaultStream;
    private boolean malformed;

    /**
     * @param tooLarge the size in bytes above which the statement leaves out an event's long columns
     * @param defaultStream the poller's stream, which every event may name
     */
    EventReader(ResultSet rows, long tooLarge, String defaultStream) throws SQLException {
        // A connection pool's proxy would intercept each read of a value.
        this.rows = rows.unwrap(ResultSet.class);
        this.tooLarge = tooLarge;
        this.defaultStream = defaultStream;
    }

    int lane() throws SQLException {
        return rows.getInt(2);
    }

    Event read() throws SQLException {
        malformed = false;
        long size = rows.getLong(21);
        @Nullable String stream = text(5);
        Event event = new Event(
                rows.getLong(1),
                rows.getInt(2),
                Operation.of(required(3)),
                new Event.Route(required(4), stream, text(20)),
                new Event.Subject(text(6), text(7), text(8)),
                new Event.Row(text(9), text(10), text(11)),
                new Event.Origin(rows.getLong(12), instant(rows.getLong(13)), required(14), text(15), text(16)),
                rows.getBoolean(17),
                size > tooLarge ? tooLargeFault(size) : known(stream) ? text(18) : unknownStreamFault(stream));
        return malformed && event.fault() == null ? event.withFault("it holds text that is not valid UTF-8") : event;
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
    }

    /** A domain event may name only known streams: the poller keeps state for each stream, and a failing stream costs requests. */
    private boolean known(@Nullable String stream) throws SQLException {
        return defaultStream.equals(stream) || rows.getBoolean(19);
    }

    private static String unknownStreamFault(@Nullable String stream) {
        return "the stream " + stream + " is not known: neither an attached table nor this poller names it. SELECT"
                + " leat.allow_stream('" + stream + "') lets it be used; then retry the event";
    }

    /** Whether a replay sends this event again. Only the statement of released events has this column. */
    boolean replay() throws SQLException {
        return rows.getBoolean(24);
    }

    /** Whether this row is within the budget of the claim. If not, the statement did not return the row's long columns. */
    boolean fits() throws SQLException {
        return rows.getBoolean(23);
    }

    /** The size of this lane's events up to and including this row, in bytes. */
    long running() throws SQLException {
        return rows.getLong(22);
    }

    /** The size of this row as read, in bytes. */
    long weight() throws SQLException {
        long size = rows.getLong(21);
        return size <= tooLarge ? size : 0;
    }

    private String tooLargeFault(long size) {
        return "its images, key and context are " + size + " bytes, and a record may have " + tooLarge;
    }

    private @Nullable String text(int column) throws SQLException {
        try {
            return rows.getString(column);
        } catch (SQLException e) {
            malformed = true;
            return replaced(rows, column, e);
        }
    }

    /** Reads a text that may be invalid UTF-8, so that its lane can still be read. Before PostgreSQL 16 a "char" could hold such text. */
    static String readable(ResultSet rows, int column) throws SQLException {
        try {
            return rows.getString(column);
        } catch (SQLException e) {
            return replaced(rows, column, e);
        }
    }

    private static String replaced(ResultSet rows, int column, SQLException cause) throws SQLException {
        byte[] bytes = rows.getBytes(column);
        if (bytes == null) {
            throw cause;
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String required(int column) throws SQLException {
        @Nullable String text = text(column);
        if (text == null) {
            throw new SQLException("column " + column + " of an event is null");
        }
        return text;
    }
}
