-- leat_internal.row_triggers(attachment): makes the triggers on the table's changes what the attachment asks for. leat_internal.enable_triggers has
-- them fired in every session.
--
--   !leat_capture                             AFTER ROW, for all operations, on the table and with it on its partitions; or
--   !leat_insert, !leat_update, !leat_delete  AFTER STATEMENT, where changes are captured by the statement; and with the last two
--   !leat_before                              BEFORE STATEMENT (leat_internal.capture_began)
--
-- Those of a partitioned table bear the attachment's number, as in !leat_capture_7 (leat_internal.trigger_name). Their names sort before
-- what people call their triggers, so that an event is written before a trigger of the user's rewrites the row. Triggers that call a
-- function whose attachment is gone (leat_internal.orphans) are dropped or replaced.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many statements that took
-- Tables:   leat_internal.attachment; locks what it changes (SHARE ROW EXCLUSIVE; ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.row_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish    leat_internal.attachment;
    found   record;
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = row_triggers.attachment;
    FOR found IN
        SELECT coalesce(w.name, t.tgname) AS name, w.type AS wanted, w.clause, w.function
          FROM leat_internal.wanted_triggers(wish.attachment) AS w
          FULL JOIN (SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                      WHERE t.tgrelid = wish.relation AND NOT t.tgisinternal AND p.pronamespace = 'leat_internal'::regnamespace
                        AND (p.proname IN ('capture_' || wish.attachment, 'capture_began')
                             OR p.proname ~ '^capture_[0-9]+$' AND t.tgparentid = 0
                                AND NOT EXISTS (SELECT FROM leat_internal.attachment a
                                                 WHERE 'capture_' || a.attachment = p.proname::text))
                        AND t.tgtype & 32 = 0) AS t  -- TRUNCATE's is leat_internal.truncate_triggers' own
            ON t.tgname = w.name
         WHERE w.name IS NULL
            OR EXISTS (SELECT FROM leat_internal.trigger_faults(wish.attachment) AS f
                        WHERE f.relid = wish.relation AND f.trigger = w.name AND f.fault IN ('missing', 'replaced'))
         ORDER BY name
    LOOP
        IF found.wanted IS NULL THEN
            EXECUTE format('DROP TRIGGER %I ON %s', found.name, wish.relation);
        ELSE
            EXECUTE format('CREATE OR REPLACE TRIGGER %I %s EXECUTE FUNCTION leat_internal.%I()', found.name,
                           format(found.clause, wish.relation), found.function);
        END IF;
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.row_triggers(integer) FROM PUBLIC;
