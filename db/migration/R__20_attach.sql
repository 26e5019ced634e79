-- leat.attach(relation, ...): from the end of this transaction on, changes of the table are captured.
--
-- The call states the whole wish: attaching again with other options changes them in place, and with the same options
-- changes nothing and locks nothing; a trigger that somebody disabled is enabled again. Options that are changed without a
-- lock hold for transactions that begin after this one's end; one under way may go on with the former.
--
-- To create a trigger the table is locked (SHARE ROW EXCLUSIVE) until the transaction ends, so call it in a short one; when only
-- other options change, nothing is. The lock is tried for, 100 ms at a time, so that no writer has to wait longer behind
-- this call (leat_internal.change_triggers). All that it waits for together, other calls and changes of the capture function too, it waits
-- for as long as the caller's lock_timeout says, or five seconds; then it says who holds it.
--
-- A table that is attached under a name under which another one was attached takes its place: the attachment of one that was dropped is
-- forgotten; one that was renamed stays attached, and is known by its present name from then on.
--
--     SELECT leat.attach('public.orders');
--     SELECT leat.attach('public.orders', key => '{customer_id}', exclude => '{card_number}');
--
-- relation       an ordinary or a partitioned table. Partitions come with it, also those added later
-- key            columns that make the partition key; null: the primary key. Other columns than the primary key's make
--                the events held: they wait until every lower id is known to be committed or rolled back
-- exclude        columns that never leave the database, whatever they are called later
-- mask           columns of which only '***' leaves (null stays null), whatever they are called later
-- before         whether updates and deletes carry the old row; without it deletes and changes of the primary key carry the old primary key alone
-- operations     some of insert, update, delete, truncate. An update that changes the key is an update, though it is
--                captured as a delete and an insert; one that moves a row to another partition is a delete and an insert
-- stream         a stream's name or ARN; null: the poller's default
-- on_quarantine  wait: when an event cannot be sent, later events of its key wait for a person. pass: they go on
-- capture        row: by the row. statement: by the statement, which costs less where a statement changes many
--                rows, and more where it changes one; refused where order or completeness would suffer
--                (leat_internal.statement_risks). Should a reason for that come later, leat.refresh goes back to rows
-- Returns:  attached, changed or unchanged
-- Tables:   writes leat_internal.attachment; creates leat_internal.capture_<n>() and the triggers (leat_internal.row_triggers, !leat_truncate)
-- Errors:   undefined_table, wrong_object_type, insufficient_privilege, undefined_column, invalid_parameter_value,
--           object_not_in_prerequisite_state (a partition and its table cannot both be attached), lock_not_available.
--           Warns where the table has something that defeats the order (leat_internal.order_risks)
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat.attach(
        relation regclass,
        key text[] DEFAULT NULL,
        exclude text[] DEFAULT '{}',
        mask text[] DEFAULT '{}',
        before boolean DEFAULT true,
        operations text[] DEFAULT '{insert,update,delete,truncate}',
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait',
        capture text DEFAULT 'row')
    RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    began    timestamptz := clock_timestamp();
    ends     timestamptz := began + leat_internal.patience();
    timeout  text := current_setting('lock_timeout');
    wish     leat_internal.attachment;
    former   leat_internal.attachment;
    seen     leat_internal.attachment;
    target   record;
    other    regclass;
    unknown  text;
    existing record;
    changed  boolean := false;
    risk     text;
    risks    text[];
    sequence text;
BEGIN
    IF attach.relation IS NULL OR attach.exclude IS NULL OR attach.mask IS NULL OR attach.before IS NULL
       OR attach.operations IS NULL OR attach.on_quarantine IS NULL OR attach.capture IS NULL THEN
        RAISE EXCEPTION 'leat.attach: only key and stream may be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT c.relkind, c.relpersistence, c.relowner, n.nspname, c.relname INTO target
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = attach.relation;
    IF target IS NULL THEN
        RAISE EXCEPTION 'leat.attach: there is no table with the oid %', attach.relation::oid USING ERRCODE = 'undefined_table';
    END IF;
    IF target.relkind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION 'leat.attach: % is %, and only ordinary and partitioned tables can be attached', attach.relation,
                CASE target.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table'
                                    WHEN 'S' THEN 'a sequence' WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index'
                                    WHEN 'c' THEN 'a composite type' ELSE 'a relation of another kind' END
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach the table that holds the rows.';
    END IF;
    IF target.relpersistence = 't' THEN
        RAISE EXCEPTION 'leat.attach: % is a temporary table', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table that outlives the session.';
    END IF;
    IF target.nspname IN ('leat', 'leat_poller', 'leat_internal') THEN
        RAISE EXCEPTION 'leat.attach: % is one of Leat''s own tables', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table of the application''s.';
    END IF;
    IF target.nspname IN ('pg_catalog', 'information_schema') OR starts_with(target.nspname, 'pg_toast') THEN
        RAISE EXCEPTION 'leat.attach: % is a system table', attach.relation
            USING ERRCODE = 'wrong_object_type', HINT = 'Attach a table of the application''s.';
    END IF;
    IF NOT pg_has_role(current_user, target.relowner, 'USAGE') THEN
        RAISE EXCEPTION 'leat.attach: % may not create triggers on %, which belongs to %', current_user, attach.relation,
                pg_get_userbyid(target.relowner)
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('Grant it the role that owns the table: GRANT %I TO %I.',
                                pg_get_userbyid(target.relowner), current_user);
    END IF;

    SELECT c.name INTO unknown
      FROM unnest(coalesce(attach.key, '{}') || attach.exclude || attach.mask) AS c (name)
     WHERE c.name IS NULL OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = attach.relation
                                          AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.attach: % has no column "%"', attach.relation, coalesce(unknown, 'null')
            USING ERRCODE = 'undefined_column',
                  HINT = coalesce((
                      SELECT format('It has %s: a column''s name is given as it is, without quotes and in its own case. ',
                                    string_agg(a.attname, ', ' ORDER BY a.attnum))
                        FROM pg_attribute a
                       WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped
                         AND lower(a.attname COLLATE "C") = lower(replace(unknown COLLATE "C", '"', ''))), '')
                      || 'Its columns are: ' || coalesce((
                      SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                       WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped), 'none');
    END IF;
    IF attach.key = '{}' THEN
        RAISE EXCEPTION 'leat.attach: key names no column' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave key out for the primary key.';
    END IF;
    IF cardinality(attach.key) <> (SELECT count(DISTINCT k) FROM unnest(attach.key) AS k) THEN
        RAISE EXCEPTION 'leat.attach: key names a column twice' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name each key column once.';
    END IF;
    IF attach.key IS NULL AND NOT EXISTS (
            SELECT FROM pg_constraint con WHERE con.conrelid = attach.relation AND con.contype = 'p') THEN
        RAISE EXCEPTION 'leat.attach: % has no primary key, so events have no order to keep', attach.relation
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Name the columns whose changes must stay in order: leat.attach(..., key => ''{customer_id}'').';
    END IF;
    IF attach.exclude && attach.mask THEN
        RAISE EXCEPTION 'leat.attach: column "%" is both excluded and masked',
                (SELECT x FROM unnest(attach.exclude) AS x WHERE x = ANY (attach.mask) LIMIT 1)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Exclude it, or mask it.';
    END IF;
    SELECT o INTO unknown FROM unnest(attach.operations) AS o
     WHERE o IS NULL OR o NOT IN ('insert', 'update', 'delete', 'truncate') LIMIT 1;
    IF FOUND OR cardinality(attach.operations) = 0 THEN
        RAISE EXCEPTION 'leat.attach: %', CASE WHEN cardinality(attach.operations) = 0 THEN 'operations names none'
                                               ELSE format('unknown operation "%s"', coalesce(unknown, 'null')) END
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The operations are insert, update, delete and truncate.';
    END IF;
    IF attach.capture NOT IN ('row', 'statement') THEN
        RAISE EXCEPTION 'leat.attach: capture is "%"', attach.capture USING ERRCODE = 'invalid_parameter_value',
            HINT = 'row: each change by itself (the default). statement: all changes of a statement at once.';
    END IF;
    PERFORM leat_internal.check_route('leat.attach', attach.stream, attach.on_quarantine);

    -- One attach, detach or refresh at a time: two that rewrite one function would fail.
    PERFORM leat_internal.take_mutex('attachments', 'leat.attach');

    PERFORM leat_internal.wait_until(ends);
    BEGIN
        SELECT a.* INTO former FROM leat_internal.attachment a WHERE a.relation = attach.relation FOR UPDATE;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.ours_busy('leat.attach', 'what is noted of the table', began);
    END;
    SELECT a.relation INTO other FROM leat_internal.attachment a
     WHERE a.relation <> attach.relation
       AND (a.relation IN (SELECT p.relid FROM pg_partition_ancestors(attach.relation) AS p)
            OR a.relation IN (SELECT p.relid FROM leat_internal.partitions(attach.relation) AS p))
     LIMIT 1;
    -- One that was attached before it became a partition stays so.
    IF FOUND AND former.attachment IS NULL THEN
        RAISE EXCEPTION 'leat.attach: % and % are parts of one partitioned table, and % is attached already',
                attach.relation, other, other
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('A partitioned table captures its partitions. To change that: SELECT leat.detach(%L).',
                                other::text);
    END IF;

    wish := former;
    IF former.attachment IS NOT NULL THEN
        seen := leat_internal.followed(former);
    END IF;
    wish.relation := attach.relation;
    wish.schema_name := target.nspname;
    wish.table_name := target.relname;
    wish.pinned_in := attach.relation;
    wish.pinned_columns := ARRAY(SELECT c.name FROM leat_internal.columns_of(attach.relation) AS c ORDER BY c.attnum);
    wish.key_columns := attach.key;
    -- Nobody can list a column by a name that it got since: one that was left out stays so.
    wish.followed := (SELECT coalesce(array_agg(c ORDER BY c), '{}') FROM unnest(seen.followed) AS c
                       WHERE c <> ALL (attach.exclude || attach.mask));
    wish.left_out := (SELECT coalesce(array_agg(DISTINCT c ORDER BY c), '{}') FROM unnest(attach.exclude || seen.left_out) AS c
                       WHERE c = ANY (attach.exclude || wish.followed));
    wish.masked := (SELECT coalesce(array_agg(DISTINCT c ORDER BY c), '{}') FROM unnest(attach.mask || seen.masked) AS c
                     WHERE c = ANY (attach.mask || wish.followed));
    SELECT k INTO unknown
      FROM unnest(coalesce(attach.key, (SELECT array_agg(a.attname::text)
                                          FROM pg_constraint con
                                          JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = ANY (con.conkey)
                                         WHERE con.conrelid = attach.relation AND con.contype = 'p'))) AS k
     WHERE k = ANY (wish.left_out || wish.masked) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat.attach: column "%" is a key column, and its value leaves in the partition key', unknown
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = CASE WHEN unknown = ANY (wish.followed)
                              THEN 'It was called otherwise when it was excluded or masked, and stays so until the table is detached.'
                              ELSE 'Name another key with key => ..., or neither exclude nor mask this column.' END;
    END IF;
    wish.key_attnums := leat_internal.attnums(attach.relation, attach.key);
    wish.left_out_attnums := leat_internal.attnums(attach.relation, wish.left_out);
    wish.masked_attnums := leat_internal.attnums(attach.relation, wish.masked);
    wish.before := attach.before;
    wish.operations := (SELECT array_agg(DISTINCT o ORDER BY o) FROM unnest(attach.operations) AS o);
    wish.stream := attach.stream;
    wish.on_quarantine := attach.on_quarantine;
    wish.capture := attach.capture;

    IF former.attachment IS NULL THEN
        PERFORM leat_internal.pass_orphans();
        INSERT INTO leat_internal.attachment (relation, schema_name, table_name, key_columns, key_attnums, left_out,
                                     left_out_attnums, masked, masked_attnums, followed, pinned_in, pinned_columns, before, operations, stream, on_quarantine, capture)
        VALUES (wish.relation, wish.schema_name, wish.table_name, wish.key_columns, wish.key_attnums, wish.left_out,
                wish.left_out_attnums, wish.masked, wish.masked_attnums, wish.followed, wish.pinned_in, wish.pinned_columns, wish.before, wish.operations, wish.stream,
                wish.on_quarantine, wish.capture)
        RETURNING attachment INTO wish.attachment;
    ELSIF wish IS DISTINCT FROM former THEN
        UPDATE leat_internal.attachment a
           SET schema_name = wish.schema_name, table_name = wish.table_name, followed = wish.followed, key_columns = wish.key_columns, key_attnums = wish.key_attnums, left_out = wish.left_out,
               left_out_attnums = wish.left_out_attnums, masked = wish.masked, masked_attnums = wish.masked_attnums,
               pinned_in = wish.pinned_in, pinned_columns = wish.pinned_columns, before = wish.before, operations = wish.operations, stream = wish.stream,
               on_quarantine = wish.on_quarantine, capture = wish.capture
         WHERE a.attachment = wish.attachment;
        changed := true;
    END IF;
    FOR existing IN SELECT a.attachment, c.oid::regclass AS relation, n.nspname, c.relname,
                           array_to_string(ARRAY(SELECT h FROM unnest(a.left_out || a.masked) AS h
                                                  WHERE h <> ALL (wish.left_out || wish.masked)), ', ') AS hidden
                      FROM leat_internal.attachment a
                      LEFT JOIN pg_class c ON c.oid = a.relation
                      LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE a.schema_name = wish.schema_name AND a.table_name = wish.table_name AND a.attachment <> wish.attachment
    LOOP
        IF existing.relation IS NULL THEN
            PERFORM leat_internal.forget(existing.attachment);
            RAISE NOTICE '%: the table that was attached under this name was dropped, and its attachment is forgotten%', attach.relation,
                         CASE existing.hidden WHEN '' THEN '' ELSE format('; it left out or masked %s, which this one does not',
                                                                          existing.hidden) END;
        ELSE
            UPDATE leat_internal.attachment a SET schema_name = existing.nspname, table_name = existing.relname
             WHERE a.attachment = existing.attachment;
            RAISE NOTICE '%: the table that was attached under this name is called % now, and stays attached%', attach.relation,
                         format('%I.%I', existing.nspname, existing.relname),
                         CASE existing.hidden WHEN '' THEN '' ELSE format('; it leaves out or masks %s, which this one does not',
                                                                          existing.hidden) END;
        END IF;
    END LOOP;
    IF wish.capture = 'statement' THEN
        risks := leat_internal.statement_risks(wish.attachment);
        IF risks <> '{}' THEN
            RAISE EXCEPTION 'leat.attach: % cannot be captured by the statement: %', attach.relation,
                    array_to_string(risks, '; ')
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Leave capture out, and it is captured by the row.';
        END IF;
    END IF;
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        changed := leat_internal.write_capture(wish.attachment) OR changed;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.function_busy('leat.attach', wish.attachment, began);
    END;
    PERFORM leat_internal.wait_until(ends);
    changed := leat_internal.change_triggers('leat.attach', wish.attachment) > 0 OR changed;
    PERFORM set_config('lock_timeout', timeout, true);

    IF leat_internal.captured_above(wish.attachment, 'capture') IS NOT NULL THEN
        RAISE WARNING '%: %', attach.relation, (SELECT s.problem FROM leat_internal.shape(wish.attachment) AS s);
    END IF;
    FOREACH risk IN ARRAY leat_internal.order_risks(attach.relation) LOOP
        RAISE WARNING '%: %', attach.relation, risk;
    END LOOP;
    IF former.attachment IS NULL THEN
        SELECT min(pg_get_serial_sequence(attach.relation::text, a.attname)) INTO sequence
          FROM pg_attribute a
         WHERE a.attrelid = attach.relation AND a.attnum > 0 AND NOT a.attisdropped;
        IF FOUND AND sequence IS NOT NULL THEN
            RAISE NOTICE '%: after an INSERT into this table lastval() no longer tells the row''s id: the outbox draws an id after it;'
                         ' use INSERT ... RETURNING or currval(%)', attach.relation, quote_literal(sequence);
        END IF;
    END IF;
    RETURN CASE WHEN former.attachment IS NULL THEN 'attached' WHEN changed THEN 'changed' ELSE 'unchanged' END;
END
$$;

REVOKE ALL ON FUNCTION leat.attach(regclass, text[], text[], text[], boolean, text[], text, text, text) FROM PUBLIC;
