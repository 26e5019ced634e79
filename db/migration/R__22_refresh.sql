-- leat.refresh(): brings what Leat keeps beside a table up to date with it, after DDL. Until then rows are captured by the
-- slower way, so nothing hurries; pollers call it every few seconds, and the event trigger, where there is one, at once.
--
-- For each attachment, apart from the others: rewrites the function that has become stale, puts TRUNCATE triggers on new
-- partitions and takes them from detached ones, captures by the row what must no longer be captured by the statement, keeps renamed columns left out, and forgets a table that is gone. It never
-- enables a trigger that somebody disabled, nor creates a missing row trigger: leat.attached shows those, and leat.attach
-- mends them. What cannot be locked within 100 ms is left for the next time.
--
-- Returns:  how many attachments were changed
-- Tables:   leat.attachment, the catalog; locks a partition (SHARE ROW EXCLUSIVE) to give it its trigger
-- Errors:   none of its own: what fails for one attachment is a WARNING
CREATE OR REPLACE FUNCTION leat.refresh() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    AS $$
#variable_conflict use_column
DECLARE
    wish     leat.attachment;
    now_is   leat.attachment;
    changed  boolean;
    repaired integer := 0;
    former   text := coalesce(current_setting('leat.refreshing', true), '');
BEGIN
    IF NOT pg_try_advisory_xact_lock(1818583412, 1) THEN
        RETURN 0;  -- somebody else is at it
    END IF;
    PERFORM set_config('leat.refreshing', 'on', true);
    FOR wish IN SELECT a.* FROM leat.attachment a ORDER BY a.attachment LOOP
        BEGIN
            IF pg_describe_object('pg_class'::regclass, wish.relation, 0) IS NULL THEN
                EXECUTE format('DROP FUNCTION IF EXISTS leat.%I()', 'capture_' || wish.attachment);
                DELETE FROM leat.attachment a WHERE a.attachment = wish.attachment;
                repaired := repaired + 1;
                CONTINUE;
            END IF;
            now_is := wish;
            IF wish.pinned_in = wish.relation::oid THEN
                now_is.left_out := leat.follow_renames(wish.relation, wish.left_out, wish.left_out_attnums);
                now_is.masked := leat.follow_renames(wish.relation, wish.masked, wish.masked_attnums);
            ELSE
                -- Restored from a dump: the columns are numbered anew.
                now_is.key_attnums := leat.attnums(wish.relation, wish.key_columns);
                now_is.left_out_attnums := leat.attnums(wish.relation, wish.left_out);
                now_is.masked_attnums := leat.attnums(wish.relation, wish.masked);
                now_is.pinned_in := wish.relation;
            END IF;
            changed := now_is IS DISTINCT FROM wish;
            IF changed THEN
                UPDATE leat.attachment a
                   SET key_attnums = now_is.key_attnums, left_out = now_is.left_out,
                       left_out_attnums = now_is.left_out_attnums, masked = now_is.masked,
                       masked_attnums = now_is.masked_attnums, pinned_in = now_is.pinned_in
                 WHERE a.attachment = wish.attachment;
            END IF;
            changed := leat.write_capture(wish.attachment) OR changed;
            changed := leat.truncate_triggers(wish.attachment) > 0 OR changed;
            changed := leat.switch_capture(wish.attachment) OR changed;
            repaired := repaired + changed::integer;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'leat.refresh: % is left for later: %', wish.relation, SQLERRM;
        END;
    END LOOP;
    PERFORM set_config('leat.refreshing', former, true);
    RETURN repaired;
END
$$;

-- leat.switch_capture(attachment): goes over to capture by the row, or back, when something in the table asks for it; not while one
-- of the triggers is disabled or missing otherwise.
CREATE OR REPLACE FUNCTION leat.switch_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish   leat.attachment;
    by_now text;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat.attachment a WHERE a.attachment = switch_capture.attachment;
    IF wish.capture = 'row' OR NOT wish.operations && '{insert,update,delete}' THEN
        RETURN false;
    END IF;
    SELECT CASE WHEN bool_or(t.tgenabled <> 'A') THEN 'disabled' WHEN bool_or(t.tgtype & 1 = 0) THEN 'statement'
                WHEN bool_or(t.tgtype & 1 = 1) THEN 'row' END
      INTO by_now
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = wish.relation AND NOT t.tgisinternal AND p.pronamespace = 'leat'::regnamespace
       AND p.proname = 'capture_' || wish.attachment AND t.tgname <> '!leat_truncate';
    IF by_now NOT IN ('row', 'statement') OR by_now = leat.capture_by(wish.attachment) THEN
        RETURN false;
    END IF;
    PERFORM leat.row_triggers(wish.attachment) + leat.enable_triggers(wish.attachment);
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    -- What else the refresh has done for this attachment stays.
    RAISE WARNING 'leat.refresh: the triggers of % are left for later: %', wish.relation, SQLERRM;
    RETURN false;
END
$$;

-- leat.follow_renames(relation, names, attnums): the names, and those that the columns of the attnums bear now.
CREATE OR REPLACE FUNCTION leat.follow_renames(relation regclass, names text[], attnums smallint[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(name ORDER BY name), '{}')
          FROM (SELECT unnest(names) AS name
                UNION
                SELECT c.name FROM leat.columns_of(relation) c WHERE c.attnum = ANY (attnums)) AS all_names
    $$;

REVOKE ALL ON FUNCTION leat.refresh() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.switch_capture(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.follow_renames(regclass, text[], smallint[]) FROM PUBLIC;
