-- leat.refresh(): brings what Leat keeps beside a table up to date with it, after DDL. Until then rows are captured by the
-- slower way, so nothing hurries; pollers call it within a second or two. Call it in the transaction of the DDL where rows are changed in
-- bulk right after.
--
-- For each attachment, apart from the others: rewrites the function that has become stale, puts TRUNCATE triggers on new
-- partitions and takes them from detached ones, captures by the row what must no longer be captured by the statement, keeps renamed columns left out, and forgets a table that is gone. It never
-- enables a trigger that somebody disabled, nor mends one or a function that somebody replaced, nor creates a missing row trigger:
-- leat.attached shows those, and leat.attach mends them. What cannot be locked within 100 ms is left for the next time.
--
-- Returns:  how many attachments were changed
-- Tables:   leat_internal.attachment, the catalog; locks a partition (SHARE ROW EXCLUSIVE) to give it its trigger
-- Errors:   none of its own: what fails for one attachment is a WARNING
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat.refresh() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    AS $$
#variable_conflict use_column
DECLARE
    wish     leat_internal.attachment;
    now_is   leat_internal.attachment;
    changed  boolean;
    repaired integer := 0;
BEGIN
    IF NOT leat_internal.try_mutex('attachments') THEN
        RETURN 0;  -- somebody else is at it
    END IF;
    FOR wish IN SELECT a.* FROM leat_internal.attachment a ORDER BY a.attachment LOOP
        BEGIN
            IF pg_describe_object('pg_class'::regclass, wish.relation, 0) IS NULL THEN
                EXECUTE format('DROP FUNCTION IF EXISTS leat_internal.%I()', 'capture_' || wish.attachment);
                DELETE FROM leat_internal.attachment a WHERE a.attachment = wish.attachment;
                repaired := repaired + 1;
                CONTINUE;
            END IF;
            now_is := wish;
            IF (SELECT s.unsafe FROM leat_internal.shape(wish.attachment) AS s) THEN
                RAISE EXCEPTION 'which of its columns must not leave is not certain'
                    USING HINT = 'It was restored and then changed: attach it again, naming them.';
            END IF;
            IF leat_internal.capture_fault(wish.attachment) = 'changed' THEN
                RAISE EXCEPTION 'its capture function was changed by somebody other than Leat'
                    USING HINT = 'SELECT leat.attach(...) with the same options mends it.';
            END IF;
            IF wish.pinned_in = wish.relation::oid THEN
                now_is.left_out := leat_internal.follow_renames(wish.relation, wish.left_out, wish.left_out_attnums);
                now_is.masked := leat_internal.follow_renames(wish.relation, wish.masked, wish.masked_attnums);
            ELSE
                -- Restored from a dump: the columns are numbered anew.
                now_is.key_attnums := leat_internal.attnums(wish.relation, wish.key_columns);
                now_is.left_out_attnums := leat_internal.attnums(wish.relation, wish.left_out);
                now_is.masked_attnums := leat_internal.attnums(wish.relation, wish.masked);
                now_is.pinned_in := wish.relation;
            END IF;
            now_is.pinned_columns := ARRAY(SELECT c.name FROM leat_internal.columns_of(wish.relation) AS c ORDER BY c.attnum);
            changed := now_is IS DISTINCT FROM wish;
            IF changed THEN
                UPDATE leat_internal.attachment a
                   SET key_attnums = now_is.key_attnums, left_out = now_is.left_out,
                       left_out_attnums = now_is.left_out_attnums, masked = now_is.masked,
                       masked_attnums = now_is.masked_attnums, pinned_in = now_is.pinned_in,
                       pinned_columns = now_is.pinned_columns
                 WHERE a.attachment = wish.attachment;
            END IF;
            changed := leat_internal.write_capture(wish.attachment) OR changed;
            changed := leat_internal.truncate_triggers(wish.attachment, false) > 0 OR changed;
            changed := leat_internal.switch_capture(wish.attachment) OR changed;
            repaired := repaired + changed::integer;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'leat.refresh: % is left for later: %', wish.relation, SQLERRM;
        END;
    END LOOP;
    RETURN repaired;
END
$$;

-- leat_internal.switch_capture(attachment): goes over to capture by the row, or back, when something in the table asks for it; not while one
-- of the triggers is disabled or missing otherwise.
CREATE OR REPLACE FUNCTION leat_internal.switch_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish   leat_internal.attachment;
    by_now text;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = switch_capture.attachment;
    IF wish.capture = 'row' OR NOT wish.operations && '{insert,update,delete}' THEN
        RETURN false;
    END IF;
    SELECT CASE WHEN bool_or(t.tgenabled <> 'A') THEN 'disabled' WHEN bool_or(t.tgtype & 1 = 0) THEN 'statement'
                WHEN bool_or(t.tgtype & 1 = 1) THEN 'row' END
      INTO by_now
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = wish.relation AND NOT t.tgisinternal AND p.pronamespace = 'leat_internal'::regnamespace
       AND p.proname = 'capture_' || wish.attachment AND t.tgname <> '!leat_truncate';
    IF by_now NOT IN ('row', 'statement') OR by_now = leat_internal.capture_by(wish.attachment) THEN
        RETURN false;
    END IF;
    PERFORM leat_internal.row_triggers(wish.attachment) + leat_internal.enable_triggers(wish.attachment);
    RETURN true;
EXCEPTION WHEN OTHERS THEN
    -- What else the refresh has done for this attachment stays.
    RAISE WARNING 'leat.refresh: the triggers of % are left for later: %', wish.relation, SQLERRM;
    RETURN false;
END
$$;

-- leat_internal.follow_renames(relation, names, attnums): the names, and those that the columns of the attnums bear now.
CREATE OR REPLACE FUNCTION leat_internal.follow_renames(relation regclass, names text[], attnums smallint[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(name ORDER BY name), '{}')
          FROM (SELECT unnest(names) AS name
                UNION
                SELECT c.name FROM leat_internal.columns_of(relation) c WHERE c.attnum = ANY (attnums)) AS all_names
    $$;

REVOKE ALL ON FUNCTION leat.refresh() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.switch_capture(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.follow_renames(regclass, text[], smallint[]) FROM PUBLIC;
