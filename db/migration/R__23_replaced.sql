-- leat_internal.replaced(): attachments whose table was dropped, or whose name another table bears now that is not captured. Their changes
-- went on, perhaps, in a table that nobody attached: a DROP and a CREATE, or a swap by two renames, leave nothing else behind.
--
-- Returns:  attachment; relation (the attached table, null when it is gone); schema_name, table_name (as it was called when it was attached);
--           other (the table that bears this name now and is not captured, null when there is none); problem (a sentence for a person)
-- Tables:   leat_internal.attachment, pg_class, pg_namespace
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.replaced()
    RETURNS TABLE (attachment integer, relation regclass, schema_name text, table_name text, other regclass, problem text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT r.attachment, r.oid::regclass, r.schema_name, r.table_name, r.other::regclass,
               CASE WHEN r.other IS NULL THEN
                        format('%I.%I was dropped: attach it again when there is one; SELECT leat.detach(%L, %L) forgets it',
                               r.schema_name, r.table_name, r.schema_name, r.table_name)
                    WHEN r.oid IS NULL THEN
                        format('%I.%I is not the table that was attached: that one was dropped, and this one is not captured: attach it;'
                               ' SELECT leat.detach(%L, %L) forgets the dropped one', r.schema_name, r.table_name, r.schema_name,
                               r.table_name)
                    ELSE format('%I.%I is not the table that was attached: that one is called %s now, and this one is not captured: attach'
                                ' it; if it is not to be captured, attach %s again, under that name', r.schema_name, r.table_name,
                                r.present, r.present)
               END
          FROM (SELECT a.attachment, c.oid, a.schema_name, a.table_name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS present,
                       (SELECT o.oid
                          FROM pg_class o JOIN pg_namespace ns ON ns.oid = o.relnamespace
                         WHERE ns.nspname = a.schema_name AND o.relname = a.table_name AND o.relkind IN ('r', 'p')
                           AND NOT EXISTS (SELECT FROM leat_internal.attachment x
                                            WHERE x.relation = o.oid
                                               OR x.relation IN (SELECT p.relid FROM pg_partition_ancestors(o.oid) AS p))) AS other
                  FROM leat_internal.attachment a
                  LEFT JOIN pg_class c ON c.oid = a.relation
                  LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE (n.nspname = a.schema_name AND c.relname = a.table_name) IS NOT TRUE) AS r
         WHERE r.oid IS NULL OR r.other IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.replaced() FROM PUBLIC;
