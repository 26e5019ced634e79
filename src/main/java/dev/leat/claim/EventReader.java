package dev.leat.claim;

import dev.leat.Event;
import dev.leat.Operation;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Reads the columns of {@link ClaimStatements#OUTBOX_EVENTS}, in their order there. */
final class EventReader {

    private final ResultSet rows;
    private final long tooLarge;

    /**
     * @param tooLarge the size of images in bytes above which the statement has left them out
     */
    EventReader(ResultSet rows, long tooLarge) {
        this.rows = rows;
        this.tooLarge = tooLarge;
    }

    Event read() throws SQLException {
        long size = rows.getLong(19);
        return new Event(
                rows.getLong(1),
                rows.getInt(2),
                Operation.of(text(3)),
                new Event.Route(text(4), rows.getString(5)),
                new Event.Subject(rows.getString(6), rows.getString(7), rows.getString(8)),
                new Event.Row(rows.getString(9), rows.getString(10), rows.getString(11)),
                new Event.Origin(
                        rows.getLong(12),
                        rows.getObject(13, OffsetDateTime.class).toInstant(),
                        text(14),
                        rows.getString(15),
                        rows.getString(16)),
                rows.getBoolean(17),
                size <= tooLarge ? rows.getString(18) : tooLargeFault(size));
    }

    /** What the images of this lane weigh up to and with this row, in bytes. */
    long running() throws SQLException {
        return rows.getLong(20);
    }

    private String tooLargeFault(long size) {
        return "its images are " + size + " bytes, and a record may have " + tooLarge;
    }

    private String text(int column) throws SQLException {
        @Nullable String text = rows.getString(column);
        if (text == null) {
            throw new SQLException("column " + column + " of an event is null");
        }
        return text;
    }
}
