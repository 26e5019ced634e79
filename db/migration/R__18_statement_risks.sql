-- leat_internal.statement_risks(attachment): why a table's changes cannot be captured by the statement: what would defeat the
-- order, or keep changes from being captured. As long as there is a reason they are captured by the row.
-- leat_internal.capture_by(attachment): how the triggers of an attachment are to be: row or statement.
-- leat_internal.capture_began(): the function of the trigger !leat_before: notes the last id drawn before an UPDATE or DELETE began. Never fails.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  statement_risks: sentences for a person; none when all is well
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   none; no_data_found for an unknown attachment
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.statement_risks(attachment integer) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE form AS (
            SELECT s.* FROM leat_internal.shape(statement_risks.attachment) AS s
        ), part (attname, typid) AS (
            SELECT a.attname, a.atttypid FROM pg_attribute a JOIN form ON a.attrelid = form.relid
             WHERE a.attnum > 0 AND NOT a.attisdropped
            UNION
            -- The elements of an array and what a domain is over.
            SELECT part.attname, coalesce(nullif(t.typbasetype, 0), t.typelem)
              FROM part JOIN pg_type t ON t.oid = part.typid
             WHERE t.typtype = 'd' OR (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc)
        )
        SELECT coalesce(array_agg(risk ORDER BY risk), '{}') FROM (
            SELECT 'its key is not its primary key, so its events are held and change their key more often' AS risk
              FROM form WHERE held
            UNION
            SELECT 'it is partitioned: a statement on a partition would not be captured'
              FROM form JOIN pg_class c ON c.oid = form.relid WHERE c.relkind = 'p'
            UNION
            SELECT 'it is a partition: a statement on the partitioned table would not be captured'
              FROM form JOIN pg_class c ON c.oid = form.relid WHERE c.relispartition
            UNION
            SELECT format('%s inherits from it (INHERITS), and its rows would be taken for this table''s', i.inhrelid::regclass)
              FROM form JOIN pg_inherits i ON i.inhparent = form.relid
              JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
            UNION
            SELECT format('it inherits from %s: a statement on that one would not be captured', i.inhparent::regclass)
              FROM form JOIN pg_inherits i ON i.inhrelid = form.relid
              JOIN pg_class c ON c.oid = form.relid AND NOT c.relispartition
            UNION
            SELECT format('the AFTER ROW trigger %I runs before the statement is captured, and what it changes in this table would'
                          ' come before older changes; make it a CONSTRAINT TRIGGER that is INITIALLY DEFERRED', t.tgname)
              FROM form JOIN pg_trigger t ON t.tgrelid = form.relid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0 AND NOT t.tginitdeferred
               AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgenabled <> 'D'
            UNION
            SELECT format('the trigger %I sorts before !leat_update, so what it changes would come before older changes; rename it',
                          t.tgname)
              FROM form JOIN pg_trigger t ON t.tgrelid = form.relid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE NOT t.tgisinternal AND t.tgtype & 67 = 0 AND t.tgtype & 28 <> 0
               AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgenabled <> 'D' AND t.tgname < '!leat_update'
            UNION
            SELECT format('the foreign key %I updates its rows from another statement''s midst (ON DELETE or ON UPDATE with CASCADE,'
                          ' SET NULL or SET DEFAULT)', con.conname)
              FROM form JOIN pg_constraint con ON con.conrelid = form.relid
             WHERE con.contype = 'f' AND (con.confupdtype IN ('c', 'n', 'd') OR con.confdeltype IN ('n', 'd'))
            UNION
            SELECT 'a subscription writes to it, and applying changes fires no statement triggers'
              FROM form JOIN pg_subscription_rel s ON s.srrelid = form.relid
            UNION
            SELECT format('the type of the column %I is not PostgreSQL''s own, so writing it as JSON may fail', part.attname)
              FROM part JOIN pg_type t ON t.oid = part.typid
             WHERE part.typid >= 16384 AND t.typtype NOT IN ('d', 'e')
               AND NOT (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc)
            UNION
            SELECT 'the database''s encoding is not UTF-8' WHERE getdatabaseencoding() <> 'UTF8'
        ) AS risks
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_by(attachment integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN a.capture = 'statement' AND leat_internal.statement_risks(a.attachment) <> '{}' THEN 'row' ELSE a.capture END
          FROM leat_internal.attachment a WHERE a.attachment = capture_by.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_began() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM set_config('leat.began_' || TG_RELID,
                       coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), 0)::text, true);
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.statement_risks(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_by(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_began() FROM PUBLIC;
