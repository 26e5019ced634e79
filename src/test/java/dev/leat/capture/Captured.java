package dev.leat.capture;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the outbox, each column as text.
 *
 * @param id the event's id
 * @param lane the lane as stored
 */
record Captured(
        long id,
        int lane,
        String op,
        boolean held,
        boolean mayPass,
        @Nullable String schema,
        @Nullable String table,
        @Nullable String type,
        String partitionKey,
        @Nullable String key,
        @Nullable String before,
        @Nullable String after,
        @Nullable String stream,
        @Nullable String fault) {

    static final String COLUMNS =
            "id, lane, op, held, may_pass, schema_name, table_name, type, partition_key, key, before,"
                    + " after, stream, fault";

    static Captured of(List<@Nullable String> row) {
        return new Captured(
                Long.parseLong(row.get(0)),
                Integer.parseInt(row.get(1)),
                String.valueOf(row.get(2)),
                "t".equals(row.get(3)),
                "t".equals(row.get(4)),
                row.get(5),
                row.get(6),
                row.get(7),
                String.valueOf(row.get(8)),
                row.get(9),
                row.get(10),
                row.get(11),
                row.get(12),
                row.get(13));
    }

    /** The operation, the partition key, and the images: {@code u public.t.1 {"id":1} -> {"id":1}}. */
    String change() {
        return op + " " + partitionKey + " " + before + " -> " + after;
    }
}
