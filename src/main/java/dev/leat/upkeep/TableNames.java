package dev.leat.upkeep;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record2;
import org.jooq.impl.DSL;

/** What the names of tables mean, which only the database can tell. */
public final class TableNames {

    private final DSLContext database;

    public TableNames(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * The names without a schema. Where such a table is would depend on a search_path, and Leat looks nothing up by one.
     *
     * @throws org.jooq.exception.DataAccessException when one cannot be a name at all
     */
    public List<String> unqualified(List<String> names) {
        return database.fetch("""
                        SELECT n.name FROM pg_catalog.unnest(?::pg_catalog.text[]) AS n (name)
                        WHERE n.name OPERATOR(pg_catalog.!~) '^[0-9]+$'
                          AND pg_catalog.cardinality(pg_catalog.parse_ident(n.name)) OPERATOR(pg_catalog.=) 1
                        """, (Object) names.toArray(String[]::new)).getValues(0, String.class);
    }

    /**
     * The names of which another one means the same table, in groups and in their order. Names of no table are in none.
     *
     * @throws org.jooq.exception.DataAccessException when one cannot be a name at all, as older servers say
     */
    public List<List<String>> alike(List<String> names) {
        Map<Long, List<String>> byTable = new LinkedHashMap<>();
        // A number is an oid to a cast to regclass, which is how a table is attached, but no name to to_regclass.
        for (Record2<String, Long> each : database.resultQuery("""
                        SELECT n.name, t.oid::pg_catalog.int8
                        FROM pg_catalog.unnest(?::pg_catalog.text[]) WITH ORDINALITY n (name, place)
                        CROSS JOIN LATERAL (
                            SELECT CASE WHEN n.name OPERATOR(pg_catalog.~) '^[0-9]+$' THEN n.name::pg_catalog.oid
                                        ELSE pg_catalog.to_regclass(n.name)::pg_catalog.oid END AS oid
                        ) t
                        WHERE t.oid IS NOT NULL
                        ORDER BY n.place
                        """, (Object) names.toArray(String[]::new))
                .coerce(DSL.field("name", String.class), DSL.field("oid", Long.class))) {
            byTable.computeIfAbsent(each.value2(), table -> new ArrayList<>()).add(each.value1());
        }
        return byTable.values().stream().filter(alike -> alike.size() > 1).toList();
    }
}
