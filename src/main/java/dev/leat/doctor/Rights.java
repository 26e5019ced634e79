package dev.leat.doctor;

import java.util.List;
import org.jooq.DSLContext;

/** Finds the rights of {@code leat.grant_poller} that the current role lacks. */
final class Rights {

    private Rights() {}

    /** Such as {@code SELECT on leat_poller.outbox}; by the catalog, so that it can be asked without any right. */
    static List<String> missing(DSLContext database) {
        return database.fetch("""
                        SELECT 'USAGE on the schema ' || n.nspname FROM pg_catalog.pg_namespace n
                        WHERE n.nspname IN ('leat', 'leat_poller') AND NOT has_schema_privilege(n.oid, 'USAGE')
                        UNION ALL
                        SELECT 'SELECT on leat_poller.' || c.relname
                        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'leat_poller' AND c.relkind = 'v' AND NOT has_table_privilege(c.oid, 'SELECT')
                        UNION ALL
                        SELECT 'EXECUTE on ' || n.nspname || '.' || p.proname
                        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE NOT has_function_privilege(p.oid, 'EXECUTE')
                          AND (n.nspname = 'leat_poller'
                               OR n.nspname = 'leat' AND p.proname IN ('refresh', 'retry', 'discard', 'schema_version', 'oldest_poller', 'attached', 'foreign_rights'))
                        """).getValues(0, String.class);
    }

    /**
     * What everybody may read of PostgreSQL's catalog unless somebody takes it back, and this role or Leat's owner may not, such as
     * {@code SELECT ON pg_catalog.pg_locks TO leat_poller}.
     */
    static List<String> missingOfCatalog(DSLContext database) {
        return database.fetch("""
                        SELECT DISTINCT pg_catalog.format('SELECT ON pg_catalog.%I TO %I', v.name, r.name)
                        FROM unnest(ARRAY['pg_locks', 'pg_stat_activity', 'pg_roles', 'pg_database', 'pg_prepared_xacts', 'pg_publication',
                                          'pg_publication_tables', 'pg_replication_slots']) AS v (name)
                        CROSS JOIN (SELECT current_user::text
                                    UNION SELECT pg_catalog.pg_get_userbyid(n.nspowner) FROM pg_catalog.pg_namespace n
                                    WHERE n.nspname = 'leat_internal') AS r (name)
                        WHERE NOT pg_catalog.has_table_privilege(r.name, 'pg_catalog.' || v.name, 'SELECT')
                        ORDER BY 1
                        """).getValues(0, String.class);
    }
}
