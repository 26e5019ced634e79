-- leat.trigger_faults(attachment): which of an attachment's triggers are missing or not enabled, on the table and on each of
-- its partitions.
--
-- attachment  leat.attachment.attachment
-- Returns:  relid, trigger (!leat_capture, !leat_truncate, or those of leat.row_triggers), fault (missing, disabled, or not ENABLE ALWAYS)
-- Tables:   leat.attachment, pg_trigger
-- Errors:   none
CREATE OR REPLACE FUNCTION leat.trigger_faults(attachment integer)
    RETURNS TABLE (relid regclass, trigger text, fault text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT tree.relid::regclass, wanted.name,
               CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'O' THEN 'not ENABLE ALWAYS' WHEN 'R' THEN 'not ENABLE ALWAYS'
                                ELSE 'missing' END
          FROM leat.attachment a
          JOIN pg_class root ON root.oid = a.relation
         CROSS JOIN LATERAL (SELECT root.oid AS relid
                             UNION
                             SELECT r.relid FROM pg_partition_tree(root.oid) AS r
                               JOIN pg_class c ON c.oid = r.relid AND c.relkind IN ('r', 'p')) AS tree
         CROSS JOIN LATERAL (SELECT w.name FROM leat.wanted_triggers(a.attachment) AS w
                             UNION ALL
                             SELECT '!leat_truncate' WHERE 'truncate' = ANY (a.operations)) AS wanted
          LEFT JOIN pg_trigger t ON t.tgrelid = tree.relid AND t.tgname = wanted.name
         WHERE a.attachment = trigger_faults.attachment AND t.tgenabled IS DISTINCT FROM 'A'
         ORDER BY tree.relid <> root.oid, tree.relid::regclass::text, wanted.name
    $$;

REVOKE ALL ON FUNCTION leat.trigger_faults(integer) FROM PUBLIC;
