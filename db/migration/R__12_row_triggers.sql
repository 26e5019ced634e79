-- leat.row_triggers(attachment): makes the row trigger what the attachment asks for, on the table and with it on its
-- partitions. leat.enable_triggers has it fired in every session.
--
-- Its name sorts before what people call their triggers, so that an event is written before a trigger of the user's
-- rewrites the row.
--
-- attachment  leat.attachment.attachment
-- Returns:  how many statements that took
-- Tables:   leat.attachment; locks what it changes (SHARE ROW EXCLUSIVE; ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat.row_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish    leat.attachment;
    events  text;
    wanted  integer;  -- pg_trigger.tgtype: 1 row, 4 insert, 8 delete, 16 update
    present record;
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat.attachment a WHERE a.attachment = row_triggers.attachment;
    SELECT string_agg(upper(o), ' OR ' ORDER BY o),
           1 + sum(CASE o WHEN 'insert' THEN 4 WHEN 'delete' THEN 8 ELSE 16 END)
      INTO events, wanted
      FROM unnest(wish.operations) AS o WHERE o <> 'truncate';
    SELECT t.tgtype, p.proname INTO present
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = wish.relation AND t.tgname = '!leat_capture';
    IF events IS NULL THEN
        IF present.tgtype IS NOT NULL THEN
            EXECUTE format('DROP TRIGGER "!leat_capture" ON %s', wish.relation);
            changed := 1;
        END IF;
        RETURN changed;
    END IF;
    IF present.tgtype IS DISTINCT FROM wanted OR present.proname IS DISTINCT FROM 'capture_' || wish.attachment THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER "!leat_capture" AFTER %s ON %s FOR EACH ROW EXECUTE FUNCTION leat.%I()',
                       events, wish.relation, 'capture_' || wish.attachment);
        changed := changed + 1;
    END IF;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat.row_triggers(integer) FROM PUBLIC;
