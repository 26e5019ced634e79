package dev.leat.admin;

import dev.leat.config.Attachment;
import dev.leat.jooq.Dsl;
import java.sql.SQLWarning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import javax.sql.DataSource;
import org.jooq.Configuration;
import org.jooq.DSLContext;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteListener;
import org.jooq.impl.DefaultExecuteListenerProvider;

/**
 * Attaches and detaches tables, one transaction for each, so that no table stays locked while another is waited for; or many tables
 * in one transaction, all of them or none.
 */
public final class Attachments {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = " + PATIENCE.toMillis();

    private final DSLContext database;

    public Attachments(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * The result of attaching a table.
     *
     * @param change attached, changed or unchanged
     * @param warnings what the database remarked, such as triggers that defeat the order
     */
    public record Attached(String table, String change, List<String> warnings) {}

    /**
     * @throws org.jooq.exception.DataAccessException when the database declines: no such table or column, or its lock was not
     *     to be had within five seconds
     */
    public Attached attach(Attachment attachment) {
        return attachAll(List.of(attachment)).get(0);
    }

    /**
     * Attaches all of them in one transaction. A table that has been attached in it stays locked against writers until its end, so the
     * waits for locks of all tables together take at most five seconds.
     *
     * @return in the same order
     * @throws org.jooq.exception.DataAccessException when the database declines one of them; then none is attached
     */
    public List<Attached> attachAll(List<Attachment> attachments) {
        return database.transactionResult(transaction -> {
            List<Attached> attached = new ArrayList<>();
            long ends = System.nanoTime() + PATIENCE.toNanos();
            for (Attachment each : attachments) {
                long left =
                        Math.max(1, Duration.ofNanos(ends - System.nanoTime()).toMillis());
                transaction.dsl().execute("SET LOCAL lock_timeout = " + left);
                attached.add(attach(transaction, each));
            }
            return attached;
        });
    }

    private static Attached attach(Configuration transaction, Attachment attachment) {
        List<String> warnings = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        String call = call(attachment, values);
        String change = transaction
                .derive(new DefaultExecuteListenerProvider(new Warnings(warnings)))
                .dsl()
                .fetchSingle(call, values.toArray())
                .get(0, String.class);
        return new Attached(attachment.table(), change, List.copyOf(warnings));
    }

    /** Names only what is not left to its default: the defaults are the function's own. */
    private static String call(Attachment attachment, List<Object> values) {
        StringJoiner arguments = new StringJoiner(", ", "SELECT leat.attach(", ")");
        arguments.add("?::regclass");
        values.add(attachment.table());
        list(arguments, values, "key", attachment.key());
        list(arguments, values, "exclude", attachment.exclude());
        list(arguments, values, "mask", attachment.mask());
        list(arguments, values, "operations", attachment.operations());
        if (!attachment.before()) {
            arguments.add("before => false");
        }
        if (attachment.stream() != null) {
            arguments.add("stream => ?");
            values.add(attachment.stream());
        }
        if (attachment.format() != null) {
            arguments.add("format => ?");
            values.add(attachment.format());
        }
        if (attachment.onQuarantine() != null) {
            arguments.add("on_quarantine => ?");
            values.add(attachment.onQuarantine());
        }
        if (attachment.capture() != null) {
            arguments.add("capture => ?");
            values.add(attachment.capture());
        }
        if (attachment.withoutKey() != null) {
            arguments.add("without_key => ?");
            values.add(attachment.withoutKey());
        }
        list(arguments, values, "rename", attachment.rename());
        if (attachment.renameSchema() != null) {
            arguments.add("rename_schema => ?");
            values.add(attachment.renameSchema());
        }
        if (attachment.renameTable() != null) {
            arguments.add("rename_table => ?");
            values.add(attachment.renameTable());
        }
        if (attachment.filter() != null) {
            arguments.add("filter => ?::jsonb");
            values.add(attachment.filter());
        }
        if (attachment.transform() != null) {
            arguments.add("transform => ?::jsonb");
            values.add(attachment.transform());
        }
        if (attachment.mapping() != null) {
            arguments.add("mapping => ?::jsonb");
            values.add(attachment.mapping());
        }
        if (attachment.eventRouter() != null) {
            arguments.add("event_router => ?::text[]");
            values.add(attachment.eventRouter().toArray(String[]::new));
        }
        return arguments.toString();
    }

    private static void list(StringJoiner arguments, List<Object> values, String name, List<String> names) {
        if (!names.isEmpty()) {
            arguments.add(name + " => ?::text[]");
            values.add(names.toArray(String[]::new));
        }
    }

    /**
     * @param table by its schema and name, also if it is gone; or by its oid
     * @throws org.jooq.exception.DataAccessException when the database declines: it is not attached, or its lock was not to be
     *     had within five seconds
     */
    public void detach(String table) {
        boolean oid = table.chars().allMatch(c -> c >= '0' && c <= '9');
        database.transaction(transaction -> {
            transaction.dsl().execute(LOCK_TIMEOUT);
            transaction
                    .dsl()
                    .fetch(
                            oid
                                    ? "SELECT leat.detach(?::regclass)"
                                    : "SELECT leat.detach(n.parts[cardinality(n.parts) - 1], n.parts[cardinality(n.parts)])"
                                            + " FROM (SELECT parse_ident(?)) AS n (parts)",
                            table);
        });
    }

    /** The attached tables that are none of these, those that were dropped too, qualified and quoted as SQL needs it. */
    public List<String> others(List<String> tables) {
        return database.fetch("""
                        SELECT format('%I.%I', coalesce(n.nspname, a.schema_name), coalesce(c.relname, a.table_name))
                        FROM leat_poller.attachment a
                        LEFT JOIN pg_catalog.pg_class c ON c.oid = a.relation
                        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.oid IS NULL OR a.relation <> ALL (?::text[]::regclass[])
                        ORDER BY 1
                        """, (Object) tables.toArray(String[]::new)).getValues(0, String.class);
    }

    /** The streams that tables name for themselves. */
    public List<String> streams() {
        return database.fetch("SELECT DISTINCT stream FROM leat_poller.attachment WHERE stream IS NOT NULL ORDER BY 1")
                .getValues(0, String.class);
    }

    /** Collects what the server remarks while a statement runs. */
    static final class Warnings implements ExecuteListener {
        private static final long serialVersionUID = 1L;

        private final transient List<String> collected;

        Warnings(List<String> collected) {
            this.collected = collected;
        }

        @Override
        public void warning(ExecuteContext context) {
            for (SQLWarning each = context.sqlWarning(); each != null; each = each.getNextWarning()) {
                collected.add(String.valueOf(each.getMessage()));
            }
        }
    }
}
