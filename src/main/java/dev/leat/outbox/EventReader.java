package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Operation;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads the columns of the statements that read events, in their order there; the last two only where events were weighed. */
final class EventReader {

    private final ResultSet rows;
    private final long tooLarge;
    private final String defaultStream;
    private boolean malformed;

    /**
     * @param tooLarge the size in bytes above which the statement has left out what is long
     * @param defaultStream the stream that every event may name
     */
    EventReader(ResultSet rows, long tooLarge, String defaultStream) throws SQLException {
        // Past a pool's proxy, which would be called for each value.
        this.rows = rows.unwrap(ResultSet.class);
        this.tooLarge = tooLarge;
        this.defaultStream = defaultStream;
    }

    int lane() throws SQLException {
        return rows.getInt(2);
    }

    Event read() throws SQLException {
        malformed = false;
        long size = rows.getLong(20);
        @Nullable String stream = text(5);
        Event event = new Event(
                rows.getLong(1),
                rows.getInt(2),
                Operation.of(required(3)),
                new Event.Route(required(4), stream),
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

    /** A domain event may not name any stream: state is kept for each, and one that fails costs requests. */
    private boolean known(@Nullable String stream) throws SQLException {
        return defaultStream.equals(stream) || rows.getBoolean(19);
    }

    private static String unknownStreamFault(@Nullable String stream) {
        return "the stream " + stream + " is not known: neither an attached table nor this poller names it. SELECT"
                + " leat.allow_stream('" + stream + "') lets it be used; then retry the event";
    }

    /** Whether the claim has room for this row; without it, what is long of it was not read. */
    boolean fits() throws SQLException {
        return rows.getBoolean(22);
    }

    /** What the events of this lane weigh up to and with this row, in bytes. */
    long running() throws SQLException {
        return rows.getLong(21);
    }

    /** What this row weighs, in bytes. */
    long weight() throws SQLException {
        long size = rows.getLong(20);
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

    /** A text that is no UTF-8, which "char" could hold before PostgreSQL 16, must not keep its lane from being read. */
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
