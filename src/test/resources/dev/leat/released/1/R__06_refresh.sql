-- Functions that follow DDL on attached tables, and that report what is attached.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.fingerprints(): for each attachment, a hash of everything that its inspection reads (leat_internal.shape, statement_risks,
-- order_risks, trigger_faults and capture_fault read nothing else). Only attachments whose fingerprint has changed are inspected. One statement over
-- the catalog takes about 10 microseconds for each attachment; an inspection takes milliseconds.
--
-- A row of the catalog is hashed by its xmin and ctid, or by its values if it changes for other reasons too (pg_class by TRUNCATE). Each part has its
-- own seed.
--
-- Returns:  attachment, fingerprint; as of the statement's snapshot
-- Tables:   leat_internal.attachment, the catalog; locks nothing
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.fingerprints() RETURNS TABLE (attachment integer, fingerprint bigint)
    LANGUAGE plpgsql STABLE ROWS 1000
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET max_parallel_workers_per_gather = 0
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE below (attachment, oid, parent) AS (
        -- Partitions, and tables that inherit: everything below the attached table.
        SELECT a.attachment, a.relation::oid, 0::oid FROM leat_internal.attachment a
        UNION
        SELECT b.attachment, i.inhrelid, i.inhparent FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
    ), above (attachment, oid, child) AS (
        SELECT a.attachment, i.inhparent, i.inhrelid FROM leat_internal.attachment a JOIN pg_inherits i ON i.inhrelid = a.relation
        UNION
        SELECT u.attachment, i.inhparent, i.inhrelid FROM above u JOIN pg_inherits i ON i.inhrelid = u.oid
    ), typed (attachment, oid) AS (
        -- The types of columns that are not PostgreSQL's own, of their fields and elements, and what domains are over.
        SELECT a.attachment, c.atttypid
          FROM leat_internal.attachment a JOIN pg_attribute c ON c.attrelid = a.relation::oid
         WHERE c.atttypid >= 16384
        UNION
        SELECT k.attachment, inner_type.oid
          FROM typed k
          JOIN pg_type t ON t.oid = k.oid
         CROSS JOIN LATERAL (SELECT t.typbasetype AS oid
                             UNION ALL
                             SELECT t.typelem
                             UNION ALL
                             SELECT c.atttypid FROM pg_attribute c
                              WHERE c.attrelid = t.typrelid AND c.attnum > 0 AND NOT c.attisdropped) AS inner_type
         WHERE inner_type.oid >= 16384
    ), ours AS MATERIALIZED (
        SELECT p.oid, p.xmin, p.ctid,
               CASE WHEN p.proname ~ '^capture_[0-9]{1,9}$' THEN substr(p.proname, 9)::integer END AS attachment
          FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace
    ), fired AS MATERIALIZED (
        SELECT t.tgrelid, t.tgfoid,
               hash_record_extended((t.oid, t.xmin, t.ctid, p.proname, p.pronamespace, p.pronargs), 1) AS hash
          FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE NOT t.tgisinternal
    ), everywhere AS (
        -- The version of Leat's functions, because another one may write another capture function; the owner of Leat.
        SELECT bit_xor(all_parts.hash) AS hash
          FROM (SELECT hash_record_extended((o.oid, o.xmin, o.ctid), 2) FROM ours o WHERE o.attachment IS NULL
                UNION ALL
                SELECT hash_record_extended((n.oid, n.nspowner), 3) FROM pg_namespace n
                 WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
                UNION ALL
                SELECT hash_record_extended((c.oid, c.relowner), 4) FROM pg_class c
                 WHERE c.oid = 'leat_internal.outbox'::regclass) AS all_parts (hash)
    ), part (attachment, hash) AS (
        -- Without the source, which is written together with the function.
        SELECT a.attachment,
               hash_record_extended((a.relation::oid, a.key_columns, a.key_attnums, a.without_key, a.left_out, a.left_out_attnums, a.masked,
                                     a.masked_attnums, a.masks, a.renamed, a.filter, a.transform, a.mapping, a.event_router, a.pinned_in, a.pinned_columns, a.before, a.operations, a.stream,
                                     a.format, a.on_quarantine, a.capture), 5)
          FROM leat_internal.attachment a
        UNION ALL
        SELECT b.attachment, hash_record_extended((b.parent, c.oid, c.relname, c.relkind, c.relispartition, n.oid, n.nspname), 6)
          FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        -- Whether a table above captures.
        SELECT u.attachment, hash_record_extended((x.attachment, x.relation::oid), 13)
          FROM above u JOIN leat_internal.attachment x ON x.relation = u.oid
        UNION ALL
        SELECT u.attachment, f.hash FROM above u JOIN fired f ON f.tgrelid = u.oid
        UNION ALL
        SELECT u.attachment, hash_record_extended((u.child, c.oid, c.relname, c.relkind, n.oid, n.nspname), 7)
          FROM above u JOIN pg_class c ON c.oid = u.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        UNION ALL
        -- A table's own columns: these are most of the rows, so they are hashed by a function that costs half as much.
        SELECT a.attachment,
               hashnameextended(c.attname, ((c.atttypid::bigint * 8192 + c.attnum) * 2 + c.attisdropped::integer) * 2
                                           + (c.attgenerated = 'v')::integer)
          FROM leat_internal.attachment a JOIN pg_attribute c ON c.attrelid = a.relation::oid
         WHERE c.attnum > 0
        UNION ALL
        SELECT a.attachment, hash_record_extended((con.oid, con.xmin, con.ctid), 8)
          FROM leat_internal.attachment a JOIN pg_constraint con ON con.conrelid = a.relation::oid
         WHERE con.contype IN ('p', 'f')
        UNION ALL
        SELECT b.attachment, f.hash FROM below b JOIN fired f ON f.tgrelid = b.oid
        UNION ALL
        -- Whether the columns of a key are still those of a unique index, and without nulls.
        SELECT a.attachment, hash_record_extended((i.indexrelid, i.xmin, i.ctid), 14)
          FROM leat_internal.attachment a JOIN pg_index i ON i.indrelid = a.relation::oid
         WHERE a.without_key = 'unique'
        UNION ALL
        SELECT a.attachment, hash_record_extended((c.attnum, c.attnotnull), 15)
          FROM leat_internal.attachment a JOIN pg_attribute c ON c.attrelid = a.relation::oid
         WHERE a.without_key = 'unique' AND c.attnum > 0
        UNION ALL
        SELECT o.attachment, hash_record_extended((o.oid, o.xmin, o.ctid), 9) FROM ours o WHERE o.attachment IS NOT NULL
        UNION ALL
        -- The triggers that call the function: a detached partition keeps one.
        SELECT o.attachment, hashint8extended(f.tgrelid::bigint, f.hash) FROM ours o JOIN fired f ON f.tgfoid = o.oid
         WHERE o.attachment IS NOT NULL
        UNION ALL
        SELECT k.attachment, hash_record_extended((t.oid, t.xmin, t.ctid, n.oid, n.nspname), 10)
          FROM typed k JOIN pg_type t ON t.oid = k.oid JOIN pg_namespace n ON n.oid = t.typnamespace
        UNION ALL
        SELECT k.attachment, hash_record_extended((c.attrelid, c.attnum, c.attname, c.atttypid, c.attisdropped), 11)
          FROM typed k JOIN pg_type t ON t.oid = k.oid JOIN pg_attribute c ON c.attrelid = t.typrelid
         WHERE c.attnum > 0
        UNION ALL
        SELECT a.attachment, hash_record_extended((s.srsubid, s.srrelid), 12)
          FROM leat_internal.attachment a JOIN pg_subscription_rel s ON s.srrelid = a.relation::oid
    )
    SELECT p.attachment, bit_xor(p.hash) # (SELECT e.hash FROM everywhere e)
      FROM part p
     -- A function may remain after its attachment was deleted.
     WHERE p.attachment IN (SELECT a.attachment FROM leat_internal.attachment a)
     GROUP BY p.attachment;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.fingerprints() FROM PUBLIC;

-- leat.refresh(): updates what Leat stores about attached tables after DDL. Until then rows are captured by dynamic statements, which are slower.
-- Pollers call it within a second or two. Call it in the transaction of the DDL if many rows are changed right after.
-- leat_poller.refresh(): the same for pollers. It stops after half a second, so that leat.attach does not wait for long, and does not retry a failed
-- attachment at once.
-- leat_internal.refresh(patience): used by both.
--
-- It inspects only attachments that have changed since the last time (leat_internal.fingerprints). For each of these, independently of the others, it
-- rewrites a stale function, creates TRUNCATE triggers on new partitions and drops those of detached ones, changes to capture by the row if capture
-- by the statement is no longer possible, and keeps renamed columns left out. It warns of a table that was dropped, or whose name another table has
-- now (leat_internal.replaced); leat.attached reports such a table until it is attached or detached. It never enables a trigger that a user disabled,
-- replaces a trigger or function that a user changed, or creates a missing row trigger: leat.attached reports these faults, and leat.attach repairs
-- them. An attachment that cannot be locked within 100 ms is left for the next call.
--
-- The result of an inspection is stored with the fingerprint that was taken before it, and only if the inspection changed nothing. So the next call
-- sees changes that were made meanwhile, and Leat's own.
--
-- patience  after how long to stop, but not before one was inspected; failed attachments are skipped until their retry is due. Null: inspect all now
-- Returns:  leat.refresh: how many attachments were changed. The others: how many were inspected, how many were changed, and after how many seconds
--           the next call is due even if the catalog does not change; null: only when it changes
-- Tables:   leat_internal.attachment, leat_internal.attachment_state, the catalog; locks a partition (SHARE ROW EXCLUSIVE) to give it its trigger
-- Errors:   none of its own: what fails for one attachment is a WARNING
CREATE OR REPLACE FUNCTION leat_internal.refresh(patience interval, OUT looked integer, OUT changed integer, OUT again double precision)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    AS $$
#variable_conflict use_column
DECLARE
    ends     timestamptz;
    due      record;
    outcome  text;
    left_due boolean := false;
    problem  text;
BEGIN
    SELECT array_agg(f.attachment ORDER BY s.failures NULLS FIRST, f.attachment) AS attachments,
           array_agg(f.fingerprint ORDER BY s.failures NULLS FIRST, f.attachment) AS fingerprints
      INTO due
      FROM leat_internal.fingerprints() AS f
      LEFT JOIN leat_internal.attachment_state s ON s.attachment = f.attachment AND s.fingerprint = f.fingerprint
     WHERE s.attachment IS NULL OR s.failures > 0 AND (patience IS NULL OR s.retry_at NOT BETWEEN now() AND now() + interval '10 minutes');
    -- The time starts here, because on a busy machine the query before may take as long.
    ends := clock_timestamp() + patience;
    looked := 0;
    changed := 0;
    IF due.attachments IS NOT NULL AND NOT leat_internal.try_mutex('attachments') THEN
        left_due := true;  -- somebody else is at it
    ELSIF due.attachments IS NOT NULL THEN
        FOR place IN 1..cardinality(due.attachments) LOOP
            IF looked > 0 AND clock_timestamp() > ends THEN
                left_due := true;
                EXIT;
            END IF;
            outcome := leat_internal.refresh_one(due.attachments[place], due.fingerprints[place]);
            looked := looked + 1;
            changed := changed + (outcome LIKE 'changed%')::integer;
            left_due := left_due OR outcome = 'changed';
        END LOOP;
    END IF;
    FOR problem IN SELECT r.problem FROM leat_internal.replaced() AS r LOOP
        RAISE WARNING 'leat.refresh: %', problem;
    END LOOP;
    again := CASE WHEN left_due THEN 0
                  ELSE (SELECT greatest(0, extract(epoch FROM min(s.retry_at) - clock_timestamp()))
                          FROM leat_internal.attachment_state s WHERE s.failures > 0 HAVING count(*) > 0) END;
END
$$;

CREATE OR REPLACE FUNCTION leat.refresh() RETURNS integer
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT r.changed FROM leat_internal.refresh(NULL) AS r $$;

CREATE OR REPLACE FUNCTION leat_poller.refresh(OUT looked integer, OUT changed integer, OUT again double precision)
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT r.looked, r.changed, r.again FROM leat_internal.refresh('500 milliseconds') AS r $$;

-- leat_internal.refresh_one(attachment, fingerprint): inspects one attachment, and stores the result with that fingerprint.
--
-- Returns:  gone; unchanged; changed: it must be inspected again; changed, left or left: not everything could be done
CREATE OR REPLACE FUNCTION leat_internal.refresh_one(attachment integer, fingerprint bigint) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
    now_is  leat_internal.attachment;
    fault   text;
    changed boolean := false;
    done    boolean := false;
BEGIN
    SELECT a.* INTO options FROM leat_internal.attachment a WHERE a.attachment = refresh_one.attachment;
    IF NOT FOUND THEN
        DELETE FROM leat_internal.attachment_state s WHERE s.attachment = refresh_one.attachment;
        RETURN 'gone';
    END IF;
    IF options.relation IS NULL THEN
        PERFORM leat_internal.note_state(options.attachment, refresh_one.fingerprint, true);
        RETURN 'unchanged';
    END IF;
    BEGIN
        IF pg_describe_object('pg_class'::regclass, options.relation, 0) IS NULL THEN
            EXECUTE format('DROP FUNCTION IF EXISTS leat_internal.%I()', 'capture_' || options.attachment);
            DELETE FROM leat_internal.attachment_state s WHERE s.attachment = options.attachment;
            -- PostgreSQL may give its oid to another table later.
            UPDATE leat_internal.attachment a SET relation = NULL, source = NULL WHERE a.attachment = options.attachment;
            RETURN 'changed, gone';
        END IF;
        IF options.pinned_in <> options.relation::oid AND (SELECT s.unsafe FROM leat_internal.shape(options.attachment) AS s) THEN
            RAISE EXCEPTION 'which of its columns must not leave is not certain'
                USING HINT = 'It was restored and then changed: attach it again, naming them.';
        END IF;
        fault := leat_internal.capture_fault(options.attachment);
        IF fault = 'changed' THEN
            RAISE EXCEPTION 'its capture function was changed by somebody other than Leat'
                USING HINT = 'SELECT leat.attach(...) with the same options mends it.';
        END IF;
        now_is := leat_internal.follow_columns(options);
        changed := now_is IS DISTINCT FROM options;
        IF changed THEN
            UPDATE leat_internal.attachment a
               SET key_attnums = now_is.key_attnums, left_out = now_is.left_out,
                   left_out_attnums = now_is.left_out_attnums, masked = now_is.masked, masks = now_is.masks,
                   masked_attnums = now_is.masked_attnums, pinned_in = now_is.pinned_in,
                   pinned_columns = now_is.pinned_columns, followed = now_is.followed, event_router = now_is.event_router
             WHERE a.attachment = options.attachment;
        END IF;
        IF changed OR fault IS NOT NULL THEN
            changed := leat_internal.write_capture(options.attachment) OR changed;
        END IF;
        changed := leat_internal.truncate_triggers(options.attachment, false) > 0 OR changed;
        done := true;
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'leat.refresh: % is left for later: %', options.relation, SQLERRM;
        changed := false;
    END;
    IF done THEN
        BEGIN
            changed := leat_internal.switch_capture(options.attachment) OR changed;
        EXCEPTION WHEN OTHERS THEN
            -- The other changes to this attachment are kept.
            RAISE WARNING 'leat.refresh: the triggers of % are left for later: %', options.relation, SQLERRM;
            done := false;
        END;
    END IF;
    IF done AND changed THEN
        RETURN 'changed';
    END IF;
    BEGIN
        PERFORM leat_internal.note_state(options.attachment, refresh_one.fingerprint, done);
    EXCEPTION WHEN OTHERS THEN
        -- So it is inspected again.
        RAISE WARNING 'leat.refresh: what was found of % could not be noted: %', options.relation, SQLERRM;
        RETURN CASE WHEN changed THEN 'changed, left' ELSE 'left' END;
    END;
    RETURN CASE WHEN done THEN 'unchanged' WHEN changed THEN 'changed, left' ELSE 'left' END;
END
$$;

-- leat_internal.note_state(attachment, fingerprint, sound): stores the result of an attachment's inspection, or that it failed. After failures in a
-- row the next inspection is due after one second, two, four, and finally every five minutes.
CREATE OR REPLACE FUNCTION leat_internal.note_state(attachment integer, fingerprint bigint, sound boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    found record;
BEGIN
    IF sound THEN
        SELECT l.* INTO STRICT found FROM leat_internal.inspect(note_state.attachment, true) AS l;
        INSERT INTO leat_internal.attachment_state AS s
        VALUES (note_state.attachment, note_state.fingerprint, 0, NULL, found.schema_name, found.table_name, found.key_columns, found.held,
                found.row_trigger, found.truncate_trigger, found.stale, found.problems)
        ON CONFLICT (attachment) DO UPDATE
           SET fingerprint = excluded.fingerprint, failures = 0, retry_at = NULL, schema_name = excluded.schema_name,
               table_name = excluded.table_name, key_columns = excluded.key_columns, held = excluded.held,
               row_trigger = excluded.row_trigger, truncate_trigger = excluded.truncate_trigger, stale = excluded.stale,
               problems = excluded.problems;
    ELSE
        INSERT INTO leat_internal.attachment_state AS s (attachment, fingerprint, failures, retry_at)
        VALUES (note_state.attachment, note_state.fingerprint, 1, clock_timestamp() + interval '1 second')
        ON CONFLICT (attachment) DO UPDATE
           SET fingerprint = excluded.fingerprint,
               failures = CASE WHEN s.fingerprint = excluded.fingerprint THEN least(s.failures, 1000) + 1 ELSE 1 END,
               retry_at = clock_timestamp() + CASE WHEN s.fingerprint = excluded.fingerprint
                                                   THEN least(interval '1 second' * 2 ^ least(s.failures, 20), interval '5 minutes')
                                                   ELSE interval '1 second' END;
    END IF;
END
$$;

-- leat_internal.switch_capture(attachment): changes to capture by the row, or back, if the table requires it; not while one of the triggers is
-- disabled or missing for another reason.
CREATE OR REPLACE FUNCTION leat_internal.switch_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
    by_now  text;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = switch_capture.attachment;
    IF options.capture = 'row' OR NOT options.operations && '{insert,update,delete}' THEN
        RETURN false;
    END IF;
    SELECT CASE WHEN bool_or(t.tgenabled <> 'A') THEN 'disabled' WHEN bool_or(t.tgtype & 1 = 0) THEN 'statement'
                WHEN bool_or(t.tgtype & 1 = 1) THEN 'row' END
      INTO by_now
      FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = options.relation AND NOT t.tgisinternal AND p.pronamespace = 'leat_internal'::regnamespace
       AND p.proname = 'capture_' || options.attachment AND t.tgname <> leat_internal.trigger_name('truncate', options.attachment);
    IF by_now NOT IN ('row', 'statement') OR by_now = leat_internal.capture_by(options.attachment) THEN
        RETURN false;
    END IF;
    PERFORM leat_internal.row_triggers(options.attachment) + leat_internal.enable_triggers(options.attachment);
    RETURN true;
END
$$;

-- leat_internal.follow_columns(options): an attachment with its present columns: columns that are left out or masked have their present names too,
-- and the attnum of each is stored; likewise that of a key column that still has its name.
CREATE OR REPLACE FUNCTION leat_internal.follow_columns(options leat_internal.attachment) RETURNS leat_internal.attachment
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    now_is leat_internal.attachment := options;
    pins   smallint[] := options.key_attnums;
BEGIN
    IF options.pinned_in = options.relation::oid THEN
        now_is.left_out := leat_internal.follow_renames(options.relation, options.left_out, options.left_out_attnums);
        now_is.masked := leat_internal.follow_renames(options.relation, options.masked, options.masked_attnums);
        -- Under its present name, a column is masked as it was.
        now_is.masks := options.masks || coalesce((
            SELECT jsonb_object_agg(c.name, options.masks -> m.name)
              FROM unnest(options.masked, options.masked_attnums) AS m (name, attnum)
              JOIN leat_internal.columns_of(options.relation) c ON c.attnum = m.attnum
             WHERE options.masks ? m.name AND NOT options.masks ? c.name), '{}');
        now_is.followed := ARRAY(SELECT name FROM unnest(now_is.left_out || now_is.masked) AS name
                                  WHERE name <> ALL (options.left_out || options.masked)
                                  UNION SELECT unnest(options.followed) ORDER BY 1);
    ELSE
        -- After a restore from a dump, the attnums have changed.
        pins := array_fill(0::smallint, ARRAY[coalesce(cardinality(options.key_columns), 0)]);
        now_is.pinned_in := options.relation;
    END IF;
    now_is.key_attnums := ARRAY(SELECT CASE n.attnum WHEN 0 THEN coalesce(pins[n.place], 0) ELSE n.attnum END
                                  FROM unnest(leat_internal.attnums(options.relation, options.key_columns))
                                       WITH ORDINALITY AS n (attnum, place) ORDER BY n.place);
    now_is.event_router := leat_internal.follow_router(options);
    now_is.left_out_attnums := leat_internal.attnums(options.relation, now_is.left_out);
    now_is.masked_attnums := leat_internal.attnums(options.relation, now_is.masked);
    now_is.pinned_columns := ARRAY(SELECT c.name FROM leat_internal.columns_of(options.relation) AS c ORDER BY c.attnum);
    RETURN now_is;
END
$$;

-- leat_internal.follow_renames(relation, names, attnums): the names, and the present names of the columns with these attnums.
CREATE OR REPLACE FUNCTION leat_internal.follow_renames(relation regclass, names text[], attnums smallint[]) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(name ORDER BY name), '{}')
          FROM (SELECT unnest(names) AS name
                UNION
                SELECT c.name FROM leat_internal.columns_of(relation) c WHERE c.attnum = ANY (attnums)) AS all_names
    $$;

-- leat_internal.follow_router(options): the event router with the present attnums of its columns.
CREATE OR REPLACE FUNCTION leat_internal.follow_router(options leat_internal.attachment) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT options.event_router || jsonb_build_object('attnums', (
                   SELECT coalesce(jsonb_object_agg(r.role, r.attnum), '{}') FROM leat_internal.router_columns(options) AS r
                    WHERE r.attnum IS NOT NULL))
         WHERE options.event_router IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.follow_router(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.refresh(interval) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.refresh() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.refresh() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.refresh_one(integer, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.note_state(integer, bigint, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.switch_capture(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.follow_columns(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.follow_renames(regclass, text[], smallint[]) FROM PUBLIC;

-- leat.attached(): the attachments, their options and their faults. This is a function and not a view, because a role with USAGE on a schema can
-- queue for the lock of a view in it.
-- leat_internal.inspect(attachment, function_is_sound): the part of that row that depends on the table and the functions. leat.refresh stores it.
-- leat.attached returns the stored row as long as the fingerprint is the same (leat_internal.fingerprints); otherwise it inspects the attachment.
--
-- attachment, relation, schema_name, table_name   the names are the table's present ones. If the table was dropped, or another table that is not
--                  captured has its former name, a row reports that name: relation is then the other table, or null if there is none
-- key_columns      the key as it is now: the primary key, or the columns named
-- key_named        whether the key was named at attach
-- without_key      how the key was chosen at attach, because there was no primary key: unique, whole-row or table; else null
-- excluded, masked the columns that do not leave, by every name they were ever listed under
-- before, operations, stream, on_quarantine, capture, attached_at   the options of leat.attach
-- held             events wait for every lower id, because the key is not the primary key
-- row_trigger, truncate_trigger   enabled, disabled, missing, replaced, not ENABLE ALWAYS (the worst among the table and its
--                  partitions), function changed, or not wanted; for a name of which no table is captured, dropped or not attached
-- stale            the function is older than the table's shape; rows are captured by dynamic statements until leat.refresh
-- problems         sentences for a person; empty when all is well
-- Tables:   leat_internal.attachment, leat_internal.attachment_state, the catalog. The function has its owner's rights, so that a poller can
--           call it
-- Errors:   none; look: the error of a failed inspection
CREATE OR REPLACE FUNCTION leat_internal.inspect(
        attachment integer,
        function_is_sound boolean,
        OUT schema_name text,
        OUT table_name text,
        OUT key_columns text[],
        OUT held boolean,
        OUT row_trigger text,
        OUT truncate_trigger text,
        OUT stale boolean,
        OUT problems text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options        leat_internal.attachment;
    shape          record;
    function_fault text;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = inspect.attachment;
    SELECT s.* INTO shape FROM leat_internal.shape(options.attachment) AS s;
    schema_name := shape.schema_name;
    table_name := shape.table_name;
    key_columns := shape.key_names;
    held := shape.held;
    problems := '{}';
    IF shape.relid IS NULL THEN
        row_trigger := 'dropped';
        truncate_trigger := 'dropped';
        stale := false;
        RETURN;
    END IF;
    SELECT coalesce(min(f.fault) FILTER (WHERE f.trigger <> leat_internal.trigger_name('truncate', options.attachment)),
                    CASE WHEN options.operations && '{insert,update,delete}' THEN 'enabled' ELSE 'not wanted' END),
           coalesce(min(f.fault) FILTER (WHERE f.trigger = leat_internal.trigger_name('truncate', options.attachment)),
                    CASE WHEN 'truncate' = ANY (options.operations) THEN 'enabled' ELSE 'not wanted' END),
           coalesce(array_agg(format('the trigger %I on %s is %s; SELECT leat.attach(...) with the same options mends it',
                                     f.trigger, f.relid, f.fault)) FILTER (WHERE f.fault IS NOT NULL), '{}')
      INTO row_trigger, truncate_trigger, problems
      FROM leat_internal.trigger_faults(options.attachment) AS f;
    -- This takes half the time of an inspection, and leat.refresh has just computed it.
    function_fault := CASE WHEN NOT function_is_sound THEN leat_internal.capture_fault(options.attachment) END;
    stale := coalesce(function_fault = 'stale', false);
    IF stale THEN
        problems := problems || 'the function is older than the table''s shape; SELECT leat.refresh() rewrites it'::text;
    ELSIF function_fault IS NOT NULL THEN
        row_trigger := 'function ' || function_fault;
        problems := problems || format('the function leat_internal.capture_%s is %s: somebody other than Leat has done that;'
                                       ' SELECT leat.attach(...) with the same options mends it', options.attachment, function_fault);
    END IF;
    IF shape.problem IS NOT NULL THEN
        problems := problems || shape.problem;
    END IF;
    problems := problems || ARRAY(SELECT format('its event router has no column %I any more, so its events go to quarantine: attach the table again', r.listed)
                                    FROM leat_internal.router_columns(options) AS r WHERE r.name IS NULL);
    IF options.capture = 'statement' THEN
        problems := problems || ARRAY(SELECT 'captured by the row, not by the statement: ' || r.risk
                                        FROM unnest(leat_internal.statement_risks(options.attachment)) AS r (risk));
    END IF;
    problems := problems || leat_internal.order_risks(options.relation);
END
$$;

CREATE OR REPLACE FUNCTION leat.attached()
    RETURNS TABLE (
        attachment       integer,
        relation         regclass,
        schema_name      text,
        table_name       text,
        key_columns      text[],
        key_named        boolean,
        without_key      text,
        excluded         text[],
        masked           text[],
        masks            jsonb,
        renamed          jsonb,
        filter           jsonb,
        transform        jsonb,
        mapping          jsonb,
        event_router     jsonb,
        before           boolean,
        operations       text[],
        stream           text,
        format           text,
        on_quarantine    text,
        capture          text,
        held             boolean,
        row_trigger      text,
        truncate_trigger text,
        stale            boolean,
        problems         text[],
        attached_at      timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options record;
    found   record;
    lost    record;
BEGIN
    FOR options IN
        SELECT a.attachment, a.relation, a.key_columns IS NOT NULL AND a.without_key IS NULL AS key_named, a.without_key, a.left_out, a.masked, a.masks, a.renamed, a.filter, a.transform, a.mapping, a.event_router, a.before, a.operations, a.stream,
               a.format, a.on_quarantine, a.capture, a.attached_at, s.attachment IS NOT NULL AS looked, s.schema_name, s.table_name, s.key_columns,
               s.held, s.row_trigger, s.truncate_trigger, s.stale, s.problems
          FROM leat_internal.attachment a
          LEFT JOIN leat_internal.fingerprints() AS f ON f.attachment = a.attachment
          LEFT JOIN leat_internal.attachment_state s ON s.attachment = a.attachment AND s.fingerprint = f.fingerprint AND s.failures = 0
         ORDER BY a.attachment
    LOOP
        attachment := options.attachment;
        relation := options.relation;
        key_named := options.key_named;
        without_key := options.without_key;
        excluded := options.left_out;
        masked := options.masked;
        masks := options.masks;
        renamed := options.renamed;
        filter := options.filter;
        transform := options.transform;
        mapping := options.mapping - 'columns';
        event_router := options.event_router - 'attnums' - 'stream';
        before := options.before;
        operations := options.operations;
        stream := coalesce(options.event_router ->> 'stream', options.stream);
        format := options.format;
        on_quarantine := options.on_quarantine;
        capture := options.capture;
        attached_at := options.attached_at;
        BEGIN
            IF options.looked THEN
                found := options;
            ELSE
                SELECT l.* INTO found FROM leat_internal.inspect(options.attachment, false) AS l;
            END IF;
            -- Reported below, by its name.
            CONTINUE WHEN found.row_trigger = 'dropped';
            schema_name := found.schema_name;
            table_name := found.table_name;
            key_columns := found.key_columns;
            held := found.held;
            row_trigger := found.row_trigger;
            truncate_trigger := found.truncate_trigger;
            stale := found.stale;
            problems := found.problems;
        EXCEPTION WHEN OTHERS THEN
            -- An error of one table must not hide the others.
            schema_name := (leat_internal.readable_names(options.relation))[1];
            table_name := (leat_internal.readable_names(options.relation))[2];
            key_columns := NULL;
            held := NULL;
            row_trigger := 'not known';
            truncate_trigger := 'not known';
            stale := NULL;
            problems := ARRAY['it could not be looked at: ' || left(SQLERRM, 200)];
        END;
        RETURN NEXT;
    END LOOP;
    FOR lost IN SELECT r.* FROM leat_internal.replaced() AS r ORDER BY r.attachment LOOP
        SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = lost.attachment;
        attachment := options.attachment;
        relation := lost.other;
        schema_name := leat_internal.readable(options.schema_name);
        table_name := leat_internal.readable(options.table_name);
        key_columns := options.key_columns;
        key_named := options.key_columns IS NOT NULL AND options.without_key IS NULL;
        without_key := options.without_key;
        excluded := options.left_out;
        masked := options.masked;
        masks := options.masks;
        renamed := options.renamed;
        filter := options.filter;
        transform := options.transform;
        mapping := options.mapping - 'columns';
        event_router := options.event_router - 'attnums' - 'stream';
        before := options.before;
        operations := options.operations;
        stream := coalesce(options.event_router ->> 'stream', options.stream);
        format := options.format;
        on_quarantine := options.on_quarantine;
        capture := options.capture;
        held := NULL;
        attached_at := options.attached_at;
        row_trigger := CASE WHEN lost.other IS NULL THEN 'dropped' ELSE 'not attached' END;
        truncate_trigger := row_trigger;
        stale := false;
        problems := ARRAY[lost.problem];
        RETURN NEXT;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.inspect(integer, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.attached() FROM PUBLIC;
