-- leat_internal.trigger_faults(attachment): which of an attachment's triggers are missing, not what Leat makes, or not enabled, on the
-- table and on each of its partitions.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  relid, trigger (!leat_capture, !leat_truncate, or those of leat_internal.row_triggers), fault (missing, replaced, disabled, or
--           not ENABLE ALWAYS). Replaced: of that name, but with another function, other events, a condition or a list of columns
-- Tables:   leat_internal.attachment, pg_trigger
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.trigger_faults(attachment integer)
    RETURNS TABLE (relid regclass, trigger text, fault text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH tree AS (
            SELECT root.oid AS root, part.relid
              FROM leat_internal.attachment a
              JOIN pg_class root ON root.oid = a.relation
             CROSS JOIN LATERAL (SELECT root.oid AS relid
                                 UNION
                                 SELECT r.relid FROM leat_internal.partitions(root.oid) AS r
                                   JOIN pg_class c ON c.oid = r.relid AND c.relkind IN ('r', 'p')) AS part
             WHERE a.attachment = trigger_faults.attachment
        ), wanted AS (
            SELECT w.name, w.type, w.function FROM leat_internal.wanted_triggers(trigger_faults.attachment) AS w
            UNION ALL
            SELECT leat_internal.trigger_name('truncate', a.attachment), 32, ('capture_' || a.attachment)::name FROM leat_internal.attachment a
             WHERE a.attachment = trigger_faults.attachment AND 'truncate' = ANY (a.operations)
        ), seen AS (
            SELECT tree.root, tree.relid, wanted.name,
                   CASE WHEN t.oid IS NULL THEN 'missing'
                        WHEN t.tgtype <> wanted.type OR t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR t.tgnargs <> 0 OR t.tgdeferrable
                             OR p.pronamespace <> 'leat_internal'::regnamespace OR p.proname <> wanted.function OR p.pronargs <> 0
                             OR coalesce(t.tgoldtable, 'leat_old') <> 'leat_old' OR coalesce(t.tgnewtable, 'leat_new') <> 'leat_new'
                        THEN 'replaced'
                        WHEN t.tgenabled = 'D' THEN 'disabled'
                        WHEN t.tgenabled <> 'A' THEN 'not ENABLE ALWAYS' END AS fault
              FROM tree
             CROSS JOIN wanted
             -- By its index, whatever the planner takes the number of partitions for: there may be thousands of triggers.
              LEFT JOIN LATERAL (SELECT g.* FROM pg_trigger g WHERE g.tgrelid = tree.relid AND g.tgname = wanted.name OFFSET 0) AS t ON true
              LEFT JOIN LATERAL (SELECT f.* FROM pg_proc f WHERE f.oid = t.tgfoid OFFSET 0) AS p ON true
        )
        SELECT seen.relid::regclass, seen.name::text, seen.fault
          FROM seen
         WHERE seen.fault IS NOT NULL
         ORDER BY seen.relid <> seen.root, seen.relid::regclass::text, seen.name
    $$;

REVOKE ALL ON FUNCTION leat_internal.trigger_faults(integer) FROM PUBLIC;
