-- leat.attached(): what is attached, how, and what is wrong with it. A function and no view: whoever may use a schema can queue for the
-- lock of a view in it.
-- leat_internal.look(attachment, function_is_sound): what it says of one attachment that depends on the table and the functions. leat.refresh keeps that, and
-- leat.attached says it again as long as nothing has changed that it rests on (leat_internal.fingerprints); otherwise it looks.
--
-- attachment, relation, schema_name, table_name   the names are the table's present ones. When it is gone, or another table bears the name
--                  that it was attached under, and that one is not captured, a row tells of that name: relation is then that other
--                  table, or null when there is none
-- key_columns      the key as it is now: the primary key, or the columns named
-- key_named        whether the key was named at attach
-- excluded, masked the columns that do not leave, by every name they were ever listed under
-- before, operations, stream, on_quarantine, capture, attached_at   as leat.attach was told
-- held             events wait for every lower id, because the key is not the primary key
-- row_trigger, truncate_trigger   enabled, disabled, missing, replaced, not ENABLE ALWAYS (the worst among the table and its
--                  partitions), function changed, or not wanted; for a name that no captured table bears, dropped, or not attached
-- stale            the function is older than the table's shape; rows are captured by the slower way until leat.refresh
-- problems         sentences for a person; empty when all is well
-- Tables:   leat_internal.attachment, leat_internal.attachment_state, the catalog. The function has its owner's rights, so that a poller can
--           call it
-- Errors:   none; look: what it could not be looked at for
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.look(
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
    wish           leat_internal.attachment;
    form           record;
    function_fault text;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = look.attachment;
    SELECT s.* INTO form FROM leat_internal.shape(wish.attachment) AS s;
    schema_name := form.schema_name;
    table_name := form.table_name;
    key_columns := form.key_names;
    held := form.held;
    problems := '{}';
    IF form.relid IS NULL THEN
        row_trigger := 'dropped';
        truncate_trigger := 'dropped';
        stale := false;
        RETURN;
    END IF;
    SELECT coalesce(min(f.fault) FILTER (WHERE f.trigger <> leat_internal.trigger_name('truncate', wish.attachment)),
                    CASE WHEN wish.operations && '{insert,update,delete}' THEN 'enabled' ELSE 'not wanted' END),
           coalesce(min(f.fault) FILTER (WHERE f.trigger = leat_internal.trigger_name('truncate', wish.attachment)),
                    CASE WHEN 'truncate' = ANY (wish.operations) THEN 'enabled' ELSE 'not wanted' END),
           coalesce(array_agg(format('the trigger %I on %s is %s; SELECT leat.attach(...) with the same options mends it',
                                     f.trigger, f.relid, f.fault)) FILTER (WHERE f.fault IS NOT NULL), '{}')
      INTO row_trigger, truncate_trigger, problems
      FROM leat_internal.trigger_faults(wish.attachment) AS f;
    -- Half of what a look costs; leat.refresh has just asked.
    function_fault := CASE WHEN NOT function_is_sound THEN leat_internal.capture_fault(wish.attachment) END;
    stale := coalesce(function_fault = 'stale', false);
    IF stale THEN
        problems := problems || 'the function is older than the table''s shape; SELECT leat.refresh() rewrites it'::text;
    ELSIF function_fault IS NOT NULL THEN
        row_trigger := 'function ' || function_fault;
        problems := problems || format('the function leat_internal.capture_%s is %s: somebody other than Leat has done that;'
                                       ' SELECT leat.attach(...) with the same options mends it', wish.attachment, function_fault);
    END IF;
    IF form.problem IS NOT NULL THEN
        problems := problems || form.problem;
    END IF;
    IF wish.capture = 'statement' THEN
        problems := problems || ARRAY(SELECT 'captured by the row, not by the statement: ' || r.risk
                                        FROM unnest(leat_internal.statement_risks(wish.attachment)) AS r (risk));
    END IF;
    problems := problems || leat_internal.order_risks(wish.relation);
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
        excluded         text[],
        masked           text[],
        before           boolean,
        operations       text[],
        stream           text,
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
    wish  record;
    found record;
    lost  record;
BEGIN
    FOR wish IN
        SELECT a.attachment, a.relation, a.key_columns IS NOT NULL AS key_named, a.left_out, a.masked, a.before, a.operations, a.stream,
               a.on_quarantine, a.capture, a.attached_at, s.attachment IS NOT NULL AS looked, s.schema_name, s.table_name, s.key_columns,
               s.held, s.row_trigger, s.truncate_trigger, s.stale, s.problems
          FROM leat_internal.attachment a
          LEFT JOIN leat_internal.fingerprints() AS f ON f.attachment = a.attachment
          LEFT JOIN leat_internal.attachment_state s ON s.attachment = a.attachment AND s.fingerprint = f.fingerprint AND s.failures = 0
         ORDER BY a.attachment
    LOOP
        attachment := wish.attachment;
        relation := wish.relation;
        key_named := wish.key_named;
        excluded := wish.left_out;
        masked := wish.masked;
        before := wish.before;
        operations := wish.operations;
        stream := wish.stream;
        on_quarantine := wish.on_quarantine;
        capture := wish.capture;
        attached_at := wish.attached_at;
        BEGIN
            IF wish.looked THEN
                found := wish;
            ELSE
                SELECT l.* INTO found FROM leat_internal.look(wish.attachment, false) AS l;
            END IF;
            -- Told of below, by its name.
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
            -- One table must not hide the others.
            schema_name := (leat_internal.readable_names(wish.relation))[1];
            table_name := (leat_internal.readable_names(wish.relation))[2];
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
        SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = lost.attachment;
        attachment := wish.attachment;
        relation := lost.other;
        schema_name := leat_internal.readable(wish.schema_name);
        table_name := leat_internal.readable(wish.table_name);
        key_columns := wish.key_columns;
        key_named := wish.key_columns IS NOT NULL;
        excluded := wish.left_out;
        masked := wish.masked;
        before := wish.before;
        operations := wish.operations;
        stream := wish.stream;
        on_quarantine := wish.on_quarantine;
        capture := wish.capture;
        held := NULL;
        attached_at := wish.attached_at;
        row_trigger := CASE WHEN lost.other IS NULL THEN 'dropped' ELSE 'not attached' END;
        truncate_trigger := row_trigger;
        stale := false;
        problems := ARRAY[lost.problem];
        RETURN NEXT;
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.look(integer, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.attached() FROM PUBLIC;
