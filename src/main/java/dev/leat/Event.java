package dev.leat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change as {@code leat_internal.outbox} holds it.
 *
 * @param id ascends in commit order within a partition key; consumers recognize duplicates by it
 * @param lane 0 to 63, the part of the hash key space to which the partition key belongs
 * @param route the stream and the partition key
 * @param subject the table or the type
 * @param row the images
 * @param origin the writer and the time
 * @param mayPass whether later events of its key may be sent while it is in quarantine
 * @param fault why the event cannot be sent, such as a row that could not be captured; else null
 * @param replay whether it was sent before and is sent again by a replay
 */
public record Event(
        long id,
        int lane,
        Operation operation,
        Route route,
        Subject subject,
        Row row,
        Origin origin,
        boolean mayPass,
        @Nullable String fault,
        boolean replay) {

    /** An event that is sent for the first time, or again after a failure. */
    public Event(
            long id,
            int lane,
            Operation operation,
            Route route,
            Subject subject,
            Row row,
            Origin origin,
            boolean mayPass,
            @Nullable String fault) {
        this(id, lane, operation, route, subject, row, origin, mayPass, fault, false);
    }

    /** The same event, sent again by a replay. */
    public Event asReplay() {
        return new Event(id, lane, operation, route, subject, row, origin, mayPass, fault, true);
    }

    /** The same event with a reason why it cannot be sent. */
    public Event withFault(String reason) {
        return new Event(id, lane, operation, route, subject, row, origin, mayPass, reason, replay);
    }

    /**
     * @param partitionKey 1 to 256 characters; a longer key was hashed at capture
     * @param stream a stream's name or ARN, or null for the poller's default
     * @param format the wire format that the table was attached with, as {@link WireFormat#parse} reads it, or null for the poller's
     */
    public record Route(
            String partitionKey,
            @Nullable String stream,
            @Nullable String format) {

        /** A route in the poller's format. */
        public Route(String partitionKey, @Nullable String stream) {
            this(partitionKey, stream, null);
        }
    }

    /**
     * @param schema null for a domain event, as is {@code table}
     * @param type the type of a domain event; {@code first} or {@code last} for such a row of a full load; null for all other rows
     */
    public record Subject(
            @Nullable String schema,
            @Nullable String table,
            @Nullable String type) {}

    /**
     * The images as JSON texts that PostgreSQL wrote; Leat does not parse them.
     *
     * @param key the key columns and their values, an object; null for a truncate
     * @param before the old row; null for an insert, or where the table is attached without old images
     * @param after the new row, or the payload of a domain event; null for a delete
     */
    public record Row(
            @Nullable String key,
            @Nullable String before,
            @Nullable String after) {}

    /**
     * @param transactionId the 64-bit transaction id ({@code xid8})
     * @param capturedAt when the trigger ran, in microseconds
     * @param user the role that wrote: the one set by SET ROLE, else the one logged in
     * @param application {@code application_name}
     * @param context the value that the writer set for {@code leat.context}: it should be JSON, but is not checked
     */
    public record Origin(
            long transactionId,
            Instant capturedAt,
            String user,
            @Nullable String application,
            @Nullable String context) {}
}
