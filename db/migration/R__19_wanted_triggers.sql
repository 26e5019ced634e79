-- leat_internal.trigger_name(kind, attachment): how an attachment's trigger is called: !leat_<kind>, and for a partitioned table its number
-- too. PostgreSQL gives each partition the row triggers of its table under their own names, and refuses a partition that has one of that
-- name: a table that is attached itself could then not become a partition of another one that is.
-- leat_internal.captured_above(attachment, kind): the attachment of the topmost table of which this one's is a partition, if one is attached
-- and has a trigger of that kind. Then this one's triggers leave it to that one, so that each change is captured once.
-- leat_internal.wanted_triggers(attachment): the triggers that a table is to have, but for !leat_truncate.
--
-- kind        capture, truncate, insert, update, delete or before
-- attachment  leat_internal.attachment.attachment
-- Returns:  captured_above: null when there is none. wanted_triggers: name, type (pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update), clause (a format with the table's place),
--           function (in the schema leat)
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.trigger_name(kind text, attachment integer) RETURNS name
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ('!leat_' || kind || CASE c.relkind WHEN 'p' THEN '_' || a.attachment ELSE '' END)::name
          FROM leat_internal.attachment a LEFT JOIN pg_class c ON c.oid = a.relation
         WHERE a.attachment = trigger_name.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.captured_above(attachment integer, kind text) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT above.attachment
          FROM leat_internal.attachment own
         CROSS JOIN LATERAL pg_partition_ancestors(own.relation) WITH ORDINALITY AS p (relid, height)
          JOIN leat_internal.attachment above ON above.relation = p.relid
          JOIN pg_trigger t ON t.tgrelid = p.relid AND t.tgname = leat_internal.trigger_name(kind, above.attachment)
         WHERE own.attachment = captured_above.attachment AND p.relid <> own.relation
           -- The snapshot of this transaction may be older than the end of that attachment.
           AND pg_describe_object('pg_trigger'::regclass, t.oid, 0) IS NOT NULL
         ORDER BY p.height DESC
         LIMIT 1
    $$;

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
          FROM (SELECT leat_internal.trigger_name('capture', wanted_triggers.attachment), rows.type, 'AFTER ' || rows.events || ' ON %s FOR EACH ROW', NULL
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

REVOKE ALL ON FUNCTION leat_internal.trigger_name(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.captured_above(integer, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.wanted_triggers(integer) FROM PUBLIC;
