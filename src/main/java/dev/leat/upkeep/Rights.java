package dev.leat.upkeep;

import java.util.List;
import org.jooq.DSLContext;

/** What the current role lacks of the rights that {@code leat.grant_poller} gives. */
final class Rights {

    private Rights() {}

    /** Such as {@code DELETE on leat.outbox}; by the catalog, so that it can be asked without any right. */
    static List<String> missing(DSLContext database) {
        return database.fetch("""
                        WITH wanted (name, privilege) AS (VALUES
                            ('outbox', 'SELECT'), ('outbox', 'DELETE'), ('lane', 'SELECT'), ('lane', 'UPDATE'),
                            ('poller', 'SELECT'), ('poller', 'INSERT'), ('poller', 'UPDATE'), ('poller', 'DELETE'),
                            ('tally', 'SELECT'), ('tally', 'INSERT'), ('tally', 'UPDATE'), ('tally', 'DELETE'),
                            ('shard_use', 'SELECT'), ('shard_use', 'INSERT'), ('shard_use', 'UPDATE'), ('shard_use', 'DELETE'),
                            ('quarantine', 'SELECT'), ('quarantine', 'INSERT'), ('quarantine', 'UPDATE'),
                            ('quarantine', 'DELETE'), ('sent', 'INSERT'), ('attachment', 'SELECT'), ('attached', 'SELECT'),
                            ('history', 'SELECT'))
                        SELECT 'USAGE on the schema leat' FROM pg_catalog.pg_namespace n
                        WHERE n.nspname = 'leat' AND NOT has_schema_privilege(n.oid, 'USAGE')
                        UNION ALL
                        SELECT w.privilege || ' on leat.' || w.name
                        FROM wanted w JOIN pg_catalog.pg_class c ON c.relname = w.name
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'leat'
                        WHERE NOT has_table_privilege(c.oid, w.privilege)
                        UNION ALL
                        SELECT 'SELECT on the sequence leat.outbox_id_seq'
                        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'leat' AND c.relname = 'outbox_id_seq' AND NOT has_sequence_privilege(c.oid, 'SELECT')
                        UNION ALL
                        SELECT 'EXECUTE on leat.' || p.proname
                        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = 'leat' AND NOT has_function_privilege(p.oid, 'EXECUTE')
                          AND p.proname IN ('refresh', 'retry', 'discard', 'rotate_sent', 'schema_version', 'attached_state',
                                            'move_past_gap', 'renumber', 'mark')
                        """).getValues(0, String.class);
    }
}
