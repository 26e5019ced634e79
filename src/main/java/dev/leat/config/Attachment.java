package dev.leat.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The options of one table's attachment. It states all of them: an option that is left out returns to its default.
 *
 * @param table as SQL writes it, such as {@code public.orders} or {@code public."Orders"}
 * @param key the columns that make the partition key; empty: the primary key
 * @param exclude columns that never leave the database
 * @param mask columns of which only a mask leaves, with {@code =hash}, {@code =digits} or {@code =random-digits} for one that is not ***
 * @param before whether updates and deletes carry the old row
 * @param operations some of insert, update, delete, truncate; empty: all
 * @param stream a name or an ARN; null: the poller's default
 * @param format a format's name and options, such as {@code trigger:both}; null: the poller's
 * @param onQuarantine {@code wait} or {@code pass}; null: the default
 * @param capture {@code row} or {@code statement}; null: the default
 * @param withoutKey {@code unique}, {@code whole-row} or {@code table}: the key of a table without a primary key; null: it is refused
 * @param rename columns that consumers see under another name, such as {@code note=remark}
 * @param renameSchema the schema's name that consumers see; null: its own
 * @param renameTable the table's name that consumers see; null: its own
 * @param filter which rows are captured, as JSON; null: all
 * @param transform columns that are added and changed, as JSON; null: none
 * @param mapping a partition key and attributes that are made of columns, as JSON; null: none
 * @param eventRouter for an outbox table whose rows are domain events: {@code delete}, and columns that have other names, such as
 *     {@code key=aggregate_id}; null: the table is none
 */
public record Attachment(
        String table,
        List<String> key,
        List<String> exclude,
        List<String> mask,
        boolean before,
        List<String> operations,
        @Nullable String stream,
        @Nullable String format,
        @Nullable String onQuarantine,
        @Nullable String capture,
        @Nullable String withoutKey,
        List<String> rename,
        @Nullable String renameSchema,
        @Nullable String renameTable,
        @Nullable String filter,
        @Nullable String transform,
        @Nullable String mapping,
        @Nullable List<String> eventRouter) {

    public Attachment {
        key = List.copyOf(key);
        exclude = List.copyOf(exclude);
        mask = List.copyOf(mask);
        operations = List.copyOf(operations);
        rename = List.copyOf(rename);
        eventRouter = eventRouter == null ? null : List.copyOf(eventRouter);
    }

    /** A table with every option at its default. */
    public static Attachment of(String table) {
        return new Attachment(
                table, List.of(), List.of(), List.of(), true, List.of(), null, null, null, null, null, List.of(), null,
                null, null, null, null, null);
    }
}
