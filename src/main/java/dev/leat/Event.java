package dev.leat;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change as {@code leat_internal.outbox} holds it.
 *
 * @param id ascends in commit order within a partition key; what consumers de-duplicate by
 * @param lane 0 to 63, the slice of the hash space that the partition key falls into
 * @param route where it goes
 * @param subject what it is about
 * @param row the images
 * @param origin who wrote it, and when
 * @param mayPass whether later events of its key may pass it once it is quarantined
 * @param fault why the row could not be captured whole, else null
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
        @Nullable String fault) {

    /** The same event, not to be sent for that reason. */
    public Event withFault(String reason) {
        return new Event(id, lane, operation, route, subject, row, origin, mayPass, reason);
    }

    /**
     * @param partitionKey 1 to 256 characters; a longer key was hashed at capture
     * @param stream a stream's name or ARN, or null for the poller's default
     */
    public record Route(String partitionKey, @Nullable String stream) {}

    /**
     * @param schema null for a domain event, as is {@code table}
     * @param type the type of a domain event, null for a row's change
     */
    public record Subject(
            @Nullable String schema,
            @Nullable String table,
            @Nullable String type) {}

    /**
     * JSON texts as PostgreSQL wrote them; never parsed on the way.
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
     * @param context what the writer put into {@code leat.context}: JSON if the writer kept to it, but unchecked
     */
    public record Origin(
            long transactionId,
            Instant capturedAt,
            String user,
            @Nullable String application,
            @Nullable String context) {}
}
