-- leat.refresh(): brings what Leat keeps beside a table up to date with it, after DDL. Until then rows are captured by the
-- slower way, so nothing hurries; pollers call it every few seconds, and the event trigger, where there is one, at once.
--
-- For each attachment, apart from the others: rewrites the function that has become stale, puts TRUNCATE triggers on new
-- partitions and takes them from detached ones, keeps renamed columns left out, and forgets a table that is gone. It never
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
            repaired := repaired + changed::integer;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'leat.refresh: % is left for later: %', wish.relation, SQLERRM;
        END;
    END LOOP;
    PERFORM set_config('leat.refreshing', former, true);
    RETURN repaired;
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
REVOKE ALL ON FUNCTION leat.follow_renames(regclass, text[], smallint[]) FROM PUBLIC;
