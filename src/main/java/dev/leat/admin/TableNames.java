package dev.leat.admin;

import dev.leat.jooq.Dsl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record2;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;

/** Resolves names of tables in the database. */
public final class TableNames {

    /** SQLSTATE of what cannot be a name, as newer and as older servers say it, and of one with a database before it. */
    private static final Set<String> NOT_A_NAME = Set.of("22023", "42602", "42601", "0A000", "3F000");

    private final DSLContext database;

    public TableNames(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * The names of no table, each with those that it may stand for: tables whose names differ from it only in quotes and in the
     * case of letters, as SQL writes them. SQL folds a name outside of double quotes to small letters.
     */
    public Map<String, List<String>> unknown(List<String> names) {
        Map<String, List<String>> unknown = new LinkedHashMap<>();
        for (String name : names) {
            if (!known(name)) {
                unknown.put(name, meant(name));
            }
        }
        return unknown;
    }

    private boolean known(String name) {
        try {
            return database.fetchSingle("""
                            SELECT CASE WHEN ? OPERATOR(pg_catalog.~) '^[0-9]+$' THEN true
                                        ELSE pg_catalog.to_regclass(?) IS NOT NULL END
                            """, name, name).get(0, boolean.class);
        } catch (DataAccessException e) {
            // Not of the form of a name, or of three parts: no name of a table.
            if (NOT_A_NAME.contains(e.sqlState())) {
                return false;
            }
            throw e;
        }
    }

    private List<String> meant(String name) {
        return database.fetch("""
                        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
                             pg_catalog.lower(pg_catalog.replace(?, '"', '')) AS given
                        WHERE c.relkind IN ('r', 'p')
                          AND given IN (pg_catalog.lower(n.nspname || '.' || c.relname), pg_catalog.lower(c.relname))
                          AND NOT n.nspname IN ('pg_catalog', 'information_schema', 'leat', 'leat_poller', 'leat_internal')
                        ORDER BY 1
                        """, name).getValues(0, String.class);
    }

    /**
     * The names without a schema. Where such a table is would depend on a search_path, and Leat looks nothing up by one.
     */
    public List<String> unqualified(List<String> names) {
        return database.fetch("""
                        SELECT n.name FROM pg_catalog.unnest(?::pg_catalog.text[]) AS n (name)
                        WHERE n.name OPERATOR(pg_catalog.!~) '^[0-9]+$' AND n.name OPERATOR(pg_catalog.!~) '[.]'
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
