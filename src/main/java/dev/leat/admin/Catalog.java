package dev.leat.admin;

import dev.leat.dms.CatalogTable;
import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.CatalogTable.TableKind;
import dev.leat.jooq.Dsl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;

/** The tables and views of a database, without the system's, Leat's own and temporary ones. */
public final class Catalog {

    private final DSLContext database;

    public Catalog(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * @return by schema and name, partitions too, each with the partitioned table at its top
     * @throws org.jooq.exception.DataAccessException if the query fails
     */
    public List<CatalogTable> tables() {
        Map<Long, List<CatalogColumn>> columns = new LinkedHashMap<>();
        List<Record> tables = new ArrayList<>();
        // One row for each column, and one for a table without columns.
        for (Record row : database.fetch("""
                        SELECT c.oid::pg_catalog.int8 AS oid, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
                               c.relkind::pg_catalog.text AS kind,
                               CASE WHEN c.relispartition THEN (
                                   SELECT rn.nspname || '.' || r.relname
                                   FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
                                   WHERE r.oid = pg_catalog.pg_partition_root(c.oid)) END AS root,
                               ARRAY(SELECT k.attname::pg_catalog.text
                                     FROM pg_catalog.pg_constraint con
                                     CROSS JOIN LATERAL pg_catalog.unnest(con.conkey) WITH ORDINALITY AS part (attnum, place)
                                     JOIN pg_catalog.pg_attribute k ON k.attrelid = c.oid AND k.attnum = part.attnum
                                     WHERE con.conrelid = c.oid AND con.contype = 'p' ORDER BY part.place) AS key,
                               a.attname::pg_catalog.text AS column, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
                        FROM pg_catalog.pg_class c
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        WHERE c.relkind IN ('r', 'p', 'v') AND c.relpersistence <> 't'
                          AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'leat', 'leat_poller', 'leat_internal')
                          AND NOT pg_catalog.starts_with(n.nspname, 'pg_toast') AND NOT pg_catalog.starts_with(n.nspname, 'pg_temp')
                        ORDER BY n.nspname, c.relname, c.oid, a.attnum
                        """)) {
            List<CatalogColumn> own = columns.computeIfAbsent(row.get("oid", Long.class), oid -> {
                tables.add(row);
                return new ArrayList<>();
            });
            if (row.get("column") != null) {
                own.add(new CatalogColumn(row.get("column", String.class), row.get("type", String.class)));
            }
        }
        return tables.stream()
                .map(row -> table(row, columns.getOrDefault(row.get("oid", Long.class), List.of())))
                .toList();
    }

    private static CatalogTable table(Record row, List<CatalogColumn> columns) {
        TableKind kind = switch (row.get("kind", String.class)) {
            case "p" -> TableKind.PARTITIONED;
            case "v" -> TableKind.VIEW;
            default -> TableKind.TABLE;
        };
        return new CatalogTable(
                row.get("schema", String.class),
                row.get("name", String.class),
                kind,
                columns,
                List.of(row.get("key", String[].class)),
                row.get("root", String.class));
    }
}
