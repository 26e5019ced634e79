-- leat_internal.statement_source(attachment): the part of a trigger function that captures whole statements (leat_internal.capture_source puts it
-- before the rest, for tables that are attached with capture => 'statement').
-- leat_internal.statement_declarations(): the variables that it needs.
--
-- The rows are read from their transition tables by one INSERT into the outbox. MERGE and INSERT ... ON CONFLICT fire for deletes first,
-- then for updates, then for inserts, so that a key that is deleted and created again has its delete first.
--
-- An update finds the two images of a row by their place: PostgreSQL appends them side by side. A row whose key has changed is
-- a delete under the old key, written with the updates, and an insert under the new one, written after all of them. Were the places
-- ever to differ, that would still leave each key right.
--
-- Statements in WITH fire in the order in which they end, and one that is not read to its end ends last: a row may go from a key
-- before another is inserted under it, and the insert's trigger fires first. So creates that were captured under a key since the
-- statement began that takes the row away (leat_internal.capture_began) are written anew behind the delete. Only when there are such
-- creates of this table (leat.created_<oid>, for this transaction) is the outbox read: a SERIALIZABLE transaction that reads it conflicts with
-- every other that does and writes.
--
-- Nothing here can fail over a value: the types are PostgreSQL's own (leat_internal.statement_risks), and rows so wide that their JSON might
-- not fit take the slower way, one at a time in a block that catches every error, as all rows do after DDL.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  text
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   no_data_found for an unknown attachment
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.statement_source(attachment integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    -- A character of a value takes six bytes in JSON at most, and compression saves a factor of 256 at most; a JSON text must stay
    -- below a gigabyte.
    too_wide CONSTANT integer := 500000;
    wish     leat_internal.attachment;
    form     record;
    stored   text := $sql$(lane, op, held, may_pass, captured_at, xid, schema_name, table_name,
                              partition_key, key, before, after, context, db_user, application, stream)$sql$;
    pairs    text;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = statement_source.attachment;
    SELECT s.* INTO STRICT form FROM leat_internal.shape(wish.attachment) s;
    pairs := leat_internal.rows_expression('UPDATE', form, wish.before, '', true);
    RETURN format(
        $template$    IF TG_LEVEL = 'STATEMENT' AND TG_OP <> 'TRUNCATE' THEN
        IF TG_OP = 'DELETE' THEN
            SELECT count(*), max(pg_column_size(leat_old.*)) INTO row_count, widest FROM leat_old;
        ELSE
            SELECT count(*), max(pg_column_size(leat_new.*)) INTO row_count, widest FROM leat_new;
        END IF;
        IF row_count = 0 THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' AND %13$L THEN
            SELECT greatest(widest, max(pg_column_size(leat_old.*))) INTO widest FROM leat_old;
        END IF;
        BEGIN
            IF %2$s THEN
                IF TG_OP = 'DELETE' THEN
                    SELECT %18$s INTO typed FROM leat_old LIMIT 1;
                ELSE
                    SELECT %19$s INTO typed FROM leat_new LIMIT 1;
                END IF;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            typed := false;  -- a column has gone, or has another name
        END;
        IF typed IS NOT TRUE
           AND (EXISTS (SELECT FROM leat_internal.attachment a WHERE a.attachment = %3$s AND a.relation <> TG_RELID)
                OR leat_internal.captured_above(%3$s, 'capture') IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        IF widest > %1$s OR typed IS NOT TRUE THEN
            singly := widest > %1$s;
            row_no := 0;
            WHILE row_no < row_count LOOP
                failure := NULL;
                BEGIN
                    IF form IS NULL THEN
                        SELECT s.* INTO STRICT form FROM leat_internal.shape(%3$s) AS s;
                    END IF;
                    IF form.unsafe THEN
                        problem := form.problem;
                        RAISE EXCEPTION '%%', problem;
                    END IF;
                    IF singly THEN
                        EXECUTE 'SELECT * FROM ' || leat_internal.rows_expression(
                                    TG_OP, form, %13$L, 'OFFSET ' || row_no || ' LIMIT 1', false) || ' AS r'
                           INTO STRICT pair;
                    ELSE
                        IF cursor IS NULL THEN
                            OPEN cursor FOR EXECUTE 'SELECT * FROM ' || leat_internal.rows_expression(TG_OP, form, %13$L, '', false)
                                || ' AS r' || CASE TG_OP WHEN 'UPDATE' THEN ' ORDER BY r.place' ELSE '' END;
                        END IF;
                        FETCH cursor INTO pair;
                    END IF;
                EXCEPTION WHEN OTHERS THEN
                    failure := left('the row could not be read: ' || coalesce(problem, %8$s), 1000);
                END;
                IF failure IS NOT NULL AND NOT singly THEN
                    -- Which row it is shows when they are read one by one. The cursor went with the failure.
                    cursor := NULL;
                    singly := true;
                    CONTINUE;
                END IF;
                row_no := row_no + 1;
                IF failure IS NULL THEN
                    PERFORM leat_internal.write_asked(TG_OP, form.held, %6$L, form.schema_name, form.table_name,
                                             pair.old_partition, pair.new_partition, pair.old_key, pair.new_key,
                                             pair.old_image, pair.new_image, %7$L, %20$L, NULL);
                ELSE
                    PERFORM leat_internal.write_asked(TG_OP, true, %6$L, %4$L, %5$L, NULL, NULL, NULL, NULL, NULL, NULL, %7$L, %20$L, failure);
                END IF;
            END LOOP;
            IF cursor IS NOT NULL THEN
                CLOSE cursor;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
            END IF;
            RETURN NULL;
        END IF;
        own_at := clock_timestamp();
        own_xid := txid_current();
        own_context := nullif(current_setting('leat.context', true), '');
        own_user := coalesce(nullif(current_setting('role'), 'none'), session_user);
        own_application := nullif(current_setting('application_name'), '');
        IF TG_OP = 'INSERT' THEN
            INSERT INTO leat_internal.outbox %9$s
            SELECT %10$s, 'c', false, %6$L, own_at, own_xid, %4$L, %5$L, r.new_partition, r.new_key, NULL, r.new_image,
                   own_context, own_user, own_application, %7$L
              FROM %11$s AS r;
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
            RETURN NULL;
        END IF;
        -- Anybody can set it to anything.
        began := substring(current_setting('leat.began_' || TG_RELID, true) FROM '^[0-9]{1,18}$')::bigint;
        early := substring(current_setting('leat.created_' || TG_RELID, true) FROM '^[0-9]{1,18}$')::bigint > began;
        IF TG_OP = 'DELETE' THEN
            INSERT INTO leat_internal.outbox %9$s
            SELECT %14$s, 'd', false, %6$L, own_at, own_xid, %4$L, %5$L, r.old_partition, r.old_key, r.old_image, NULL,
                   own_context, own_user, own_application, %7$L
              FROM %16$s AS r;
            IF early THEN
                SELECT array_agg(r.old_partition) INTO moved FROM %16$s AS r;
            END IF;
        ELSE
            WITH written AS (
                INSERT INTO leat_internal.outbox AS o %9$s
                SELECT %14$s, CASE WHEN r.same THEN 'u' ELSE 'd' END, false, %6$L, own_at, own_xid, %4$L, %5$L,
                       r.old_partition, CASE WHEN r.same THEN r.new_key ELSE r.old_key END, r.old_image,
                       CASE WHEN r.same THEN r.new_image END, own_context, own_user, own_application, %7$L
                  FROM %12$s AS r
                RETURNING o.op, o.partition_key)
            SELECT array_agg(w.partition_key) FILTER (WHERE w.op = 'd') INTO moved FROM written AS w;
        END IF;
        IF early AND moved IS NOT NULL THEN
            WITH early AS (
                DELETE FROM leat_internal.outbox AS o
                 WHERE o.lane = ANY (%17$L::smallint[]) AND o.id > began AND o.xid = own_xid AND o.op = 'c' AND o.partition_key = ANY (moved)
                RETURNING o.*)
            INSERT INTO leat_internal.outbox %9$s
            SELECT e.lane, e.op, e.held, e.may_pass, e.captured_at, e.xid, e.schema_name, e.table_name, e.partition_key, e.key,
                   e.before, e.after, e.context, e.db_user, e.application, e.stream
              FROM early AS e ORDER BY e.id;
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
        END IF;
        IF TG_OP = 'UPDATE' AND moved IS NOT NULL THEN
            INSERT INTO leat_internal.outbox %9$s
            SELECT %15$s, 'c', false, %6$L, own_at, own_xid, %4$L, %5$L, r.new_partition, r.new_key, NULL, r.new_image,
                   own_context, own_user, own_application, %7$L
              FROM %12$s AS r WHERE NOT r.same;
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
        END IF;
        RETURN NULL;
    END IF;

$template$,
        too_wide,
        form.guard,
        wish.attachment,
        form.schema_name,
        form.table_name,
        wish.on_quarantine = 'pass',
        wish.stream,
        CASE WHEN cardinality(wish.left_out || wish.masked) = 0 THEN 'SQLERRM' ELSE $q$'SQLSTATE ' || SQLSTATE$q$ END,
        stored,
        leat_internal.lane_expression('r.new_partition'),
        leat_internal.rows_expression('INSERT', form, wish.before, '', true),
        pairs,
        wish.before,
        leat_internal.lane_expression('r.old_partition'),
        leat_internal.lane_expression('r.new_partition'),
        leat_internal.rows_expression('DELETE', form, wish.before, '', true),
        ARRAY(SELECT generate_series(0, 63)),
        leat_internal.types_expression(form.typed_names, form.typed_types, 'leat_old'),
        leat_internal.types_expression(form.typed_names, form.typed_types, 'leat_new'),
        cardinality(wish.left_out || wish.masked) > 0);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.statement_declarations() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT '    row_count       bigint;
    widest          integer;
    typed           boolean;
    problem         text;
    cursor          refcursor;
    form            record;
    pair            record;
    began           bigint;
    early           boolean;
    moved           text[];
    singly          boolean;
    row_no          bigint;
    own_at          timestamptz;
    own_xid         bigint;
    own_context     text;
    own_user        text;
    own_application text;
'
    $$;

REVOKE ALL ON FUNCTION leat_internal.statement_source(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.statement_declarations() FROM PUBLIC;
