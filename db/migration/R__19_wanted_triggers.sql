-- leat_internal.wanted_triggers(attachment): the triggers that a table is to have, but for !leat_truncate.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  name, type (pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update), clause (a format with the table's place),
--           function (in the schema leat)
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.wanted_triggers(attachment integer)
    RETURNS TABLE (name name, type smallint, clause text, function name)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH wish AS (
            SELECT a.operations, leat_internal.capture_by(a.attachment) = 'statement' AS whole
              FROM leat_internal.attachment a WHERE a.attachment = wanted_triggers.attachment
        ), rows (events, type) AS (
            SELECT string_agg(upper(o COLLATE "C"), ' OR ' ORDER BY o),
                   1 + sum(CASE o WHEN 'insert' THEN 4 WHEN 'delete' THEN 8 ELSE 16 END)
              FROM wish, unnest(wish.operations) AS o
             WHERE o <> 'truncate' AND NOT wish.whole
        )
        SELECT w.name::name, w.type::smallint, w.clause, coalesce(w.function, 'capture_' || wanted_triggers.attachment)::name
          FROM (SELECT '!leat_capture', rows.type, 'AFTER ' || rows.events || ' ON %s FOR EACH ROW', NULL
                  FROM rows WHERE rows.events IS NOT NULL
                UNION ALL
                SELECT '!leat_insert', 4, 'AFTER INSERT ON %s REFERENCING NEW TABLE AS leat_new FOR EACH STATEMENT', NULL
                  FROM wish WHERE whole AND 'insert' = ANY (operations)
                UNION ALL
                SELECT '!leat_update', 16,
                       'AFTER UPDATE ON %s REFERENCING OLD TABLE AS leat_old NEW TABLE AS leat_new FOR EACH STATEMENT', NULL
                  FROM wish WHERE whole AND 'update' = ANY (operations)
                UNION ALL
                SELECT '!leat_delete', 8, 'AFTER DELETE ON %s REFERENCING OLD TABLE AS leat_old FOR EACH STATEMENT', NULL
                  FROM wish WHERE whole AND 'delete' = ANY (operations)
                UNION ALL
                SELECT '!leat_before', 2 + sum(CASE o WHEN 'delete' THEN 8 ELSE 16 END),
                       'BEFORE ' || string_agg(upper(o COLLATE "C"), ' OR ' ORDER BY o) || ' ON %s FOR EACH STATEMENT', 'capture_began'
                  FROM wish, unnest(operations) AS o WHERE whole AND o IN ('update', 'delete') HAVING count(*) > 0) AS w (name, type, clause, function)
    $$;

REVOKE ALL ON FUNCTION leat_internal.wanted_triggers(integer) FROM PUBLIC;
