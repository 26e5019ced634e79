package dev.leat.reconcile;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An attached table, and how its rows read on the stream.
 *
 * @param name as SQL writes it, with its schema
 * @param schema as events name it, and so is the table
 * @param partitions schema and table of each of its partitions, as events name them
 * @param keyPrefix what its partition keys begin with
 * @param stream of its events; null: that of the pollers
 * @param operations that are captured
 * @param attachedAt since when it is captured
 * @param loadedSince when the last full load was registered that has finished and read every row; null: none is known
 * @param rowKey the columns that tell rows of one partition key apart; none where the partition key is enough
 * @param query of each row the partition key, the row as capture writes it, and whether it was written since the table was attached
 */
public record SourceTable(
        String name,
        String schema,
        String table,
        List<List<String>> partitions,
        String keyPrefix,
        @Nullable String stream,
        Set<String> operations,
        Instant attachedAt,
        @Nullable Instant loadedSince,
        List<String> rowKey,
        String query) {

    private static final String WHAT_IT_IS = """
            SELECT c.oid::regclass::text AS name, c.relkind::text AS kind, a.attachment, a.event_router IS NOT NULL AS outbox,
                   (SELECT b.relation::text FROM leat_internal.attachment b
                     WHERE b.relation IN (SELECT p.relid FROM pg_partition_ancestors(c.oid) AS p) AND b.relation <> c.oid
                     LIMIT 1) AS above
              FROM pg_class c LEFT JOIN leat_internal.attachment a ON a.relation = c.oid
             WHERE c.oid = ?::regclass
            """;

    private static final String DISTRUST = """
            SELECT (SELECT t.name FROM unnest(?::text[]) AS t (name)
                     WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname::text = t.name) LIMIT 1),
                   leat_internal.load_distrust(?::regclass, ARRAY(SELECT r.oid FROM pg_roles r WHERE r.rolname::text = ANY (?::text[])))
            """;

    /** The expressions are those of a full load, which are those of capture. */
    private static final String HOW_IT_READS = """
            SELECT s.event_schema AS schema_name, s.event_table AS table_name, s.prefix, s.problem, s.unsafe, s.key_names = '{}' AS keyless,
                   coalesce(s.output -> 'added', '[]') <> '[]' OR coalesce(s.output -> 'former', '{}') <> '{}' AS adds, a.stream, a.format, a.operations, a.attached_at,
                   (SELECT max(l.registered_at) FROM leat_internal.load l
                     WHERE l.relation = a.relation AND l.captured AND l.filter IS NULL AND l.state = 'finished') AS loaded_since,
                   -- A unique index on columns of the key: then no two rows share a partition key.
                   EXISTS (SELECT FROM pg_index i
                            WHERE i.indrelid = s.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                              AND NOT EXISTS (SELECT FROM unnest((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS k (attnum)
                                                JOIN pg_attribute t ON t.attrelid = s.relid AND t.attnum = k.attnum
                                               WHERE NOT t.attnotnull OR t.attname::text <> ALL (s.key_names))) AS key_is_enough,
                   -- As the images name them.
                   ARRAY(SELECT coalesce(s.output -> 'names' ->> n.name, n.name) FROM unnest(s.pk_names) WITH ORDINALITY AS n (name, place)
                          ORDER BY n.place) AS pk_names,
                   coalesce((SELECT cardinality(con.conkey) = cardinality(s.pk_names) FROM pg_constraint con
                              WHERE con.conrelid = s.relid AND con.contype = 'p'), false)
                   AND NOT true = ANY (s.pk_masked) AND NOT coalesce(s.output -> 'mapping' ?? 'document', false) AS pk_leaves,
                   ARRAY(SELECT (leat_internal.readable_names(p.relid))[1:2] FROM leat_internal.partitions(s.relid) AS p
                          WHERE p.relid <> s.relid) AS partitions,
                   format('SELECT CASE WHEN length(w.wanted) > 256 THEN leat_internal.partition_key(w.wanted) ELSE w.wanted END,'
                          ' w.image::text, w.since FROM (SELECT %L || %s AS wanted, %s AS image, age(leat_r.xmin) <= %s AS since'
                          ' FROM %s%s AS leat_r WHERE %s OFFSET 0) AS w',
                          s.prefix, leat_internal.suffix_expression(s.hashed, s.key_names, s.key_types, 'leat_r', true, s.output),
                          leat_internal.image_expression(s.image_names, s.image_types, s.image_masked, 'leat_r', true, s.output),
                          age(a.xmin), CASE (SELECT c.relkind FROM pg_class c WHERE c.oid = s.relid) WHEN 'p' THEN '' ELSE 'ONLY ' END,
                          a.relation, coalesce(leat_internal.filter_expression(s.filter, 'leat_r'), 'true')) AS query
              FROM leat_internal.attachment a CROSS JOIN LATERAL leat_internal.shape(a.attachment) AS s
             WHERE a.attachment = ?
            """;

    /**
     * Looks at a table in the open transaction.
     *
     * @param table as SQL writes it
     * @param trusted roles whose code may run when the table is read, besides Leat's owner and superusers
     * @throws TableUnfit when it cannot be compared
     */
    static SourceTable look(Connection connection, String table, List<String> trusted) throws SQLException {
        int attachment = attachment(connection, table);
        requireTrust(connection, table, trusted);
        try (PreparedStatement statement = connection.prepareStatement(HOW_IT_READS)) {
            statement.setInt(1, attachment);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new TableUnfit(table + " was detached just now");
                }
                return of(table, row);
            }
        }
    }

    /** PostgreSQL may run code of a table's owner when it only plans a query on it. */
    private static void requireTrust(Connection connection, String table, List<String> trusted) throws SQLException {
        String[] roles = trusted.toArray(String[]::new);
        try (PreparedStatement statement = connection.prepareStatement(DISTRUST)) {
            statement.setObject(1, roles);
            statement.setString(2, table);
            statement.setObject(3, roles);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getString(1) != null) {
                    throw new TableUnfit("there is no role " + row.getString(1) + " to trust");
                }
                if (row.getString(2) != null) {
                    throw new TableUnfit(
                            "reading " + table + " could run code of others with the rights of Leat's owner: "
                                    + row.getString(2)
                                    + ": if that role may do all that Leat's owner may, name it (--trust <role>);"
                                    + " docs/security.md says why");
                }
            }
        }
    }

    private static int attachment(Connection connection, String table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WHAT_IT_IS)) {
            statement.setString(1, table);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new TableUnfit("the table " + table + " does not exist");
                }
                String kind = row.getString("kind");
                if (!kind.equals("r") && !kind.equals("p")) {
                    throw new TableUnfit(table + " is "
                            + switch (kind) {
                                case "v" -> "a view";
                                case "m" -> "a materialized view";
                                case "f" -> "a foreign table";
                                default -> "no table";
                            }
                            + ", and only tables are captured: name the table that holds the rows");
                }
                if (row.getString("above") != null) {
                    throw new TableUnfit(table + " is a partition of " + row.getString("above")
                            + ", which is attached: name that one");
                }
                int attachment = row.getInt("attachment");
                if (row.wasNull()) {
                    throw new TableUnfit(table + " is not attached, so the stream has nothing of it: leat attach "
                            + table + " --load captures it and sends its rows");
                }
                if (row.getBoolean("outbox")) {
                    throw new TableUnfit(
                            table + " is an outbox table (--event-router): its rows are events, and may be gone"
                                    + " from it, so there is nothing to compare the stream with");
                }
                return attachment;
            }
        }
    }

    private static SourceTable of(String table, ResultSet row) throws SQLException {
        String format = row.getString("format");
        if (format != null && !format.equals("debezium") && !format.startsWith("debezium:")) {
            throw new TableUnfit(table + " is attached in the format " + format
                    + ", and reconcile reads records in the format debezium alone");
        }
        if (row.getBoolean("adds")) {
            throw new TableUnfit(
                    table + " has columns that are added to its rows (transform), which the table itself does not have:"
                            + " reconcile compares tables without them");
        }
        if (row.getBoolean("unsafe") || row.getBoolean("keyless")) {
            throw new TableUnfit(table + " cannot be compared: "
                    + (row.getString("problem") == null
                            ? "it has no key that tells its rows apart"
                            : row.getString("problem")));
        }
        boolean keyIsEnough = row.getBoolean("key_is_enough");
        if (!keyIsEnough && !row.getBoolean("pk_leaves")) {
            throw new TableUnfit(table
                    + " cannot be compared: its rows cannot be told apart on the stream, because several may share"
                    + " a partition key, and it has no primary key that leaves the database as it is");
        }
        OffsetDateTime loadedSince = row.getObject("loaded_since", OffsetDateTime.class);
        return new SourceTable(
                table,
                row.getString("schema_name"),
                row.getString("table_name"),
                pairs(row),
                row.getString("prefix"),
                row.getString("stream"),
                Set.of(strings(row, "operations")),
                row.getObject("attached_at", OffsetDateTime.class).toInstant(),
                loadedSince == null ? null : loadedSince.toInstant(),
                keyIsEnough ? List.of() : List.of(strings(row, "pk_names")),
                row.getString("query"));
    }

    private static String[] strings(ResultSet row, String column) throws SQLException {
        return (String[]) row.getArray(column).getArray();
    }

    private static List<List<String>> pairs(ResultSet row) throws SQLException {
        List<List<String>> pairs = new ArrayList<>();
        for (Object pair : (Object[]) row.getArray("partitions").getArray()) {
            pairs.add(List.of((String[]) pair));
        }
        return List.copyOf(pairs);
    }

    /** Whether events of these two tables are about the same one, and whether rows are found alike. */
    boolean namedLike(SourceTable other) {
        return schema.equals(other.schema) && table.equals(other.table) && rowKey.equals(other.rowKey);
    }
}
