-- leat_internal.capture_truncate(truncated, attachment, held, key_list, may_pass, stream): writes the markers of a TRUNCATE, one for
-- each lane, so that whatever a poller holds, it meets one.
--
-- When the attached table itself is truncated, the markers name it. When one partition is, only a part of the table is
-- gone: the markers then name that partition. TRUNCATE of a partitioned table fires for the table first and then for each
-- partition; the partitions' markers are not written when the last thing this session has captured, in this transaction,
-- is the truncation of a table above them.
--
-- leat_internal.marker_at(place, id): schema and table of a marker that this transaction has written; null if there is none at that place. The
-- place is kept in a setting (leat.truncated, for this transaction). For a SERIALIZABLE transaction that reads the outbox by its index
-- conflicts with every other that does and writes, but reading a row of its own by its place leaves no predicate lock.
--
-- truncated  the table whose trigger fires: the attached one or a partition of it
-- attachment leat_internal.attachment.attachment
-- held, key_list   as its row events had them when its function was written, for when that cannot be asked for
-- may_pass, stream   as its row events have them. Held is not always true: the lock of a TRUNCATE already
--            orders it against the row events of its table, and a held marker would be overtaken by later unheld ones
-- Tables:    reads leat_internal.attachment; reads and writes leat_internal.outbox
-- Errors:    none of its own
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.capture_truncate(
        truncated oid, attachment integer, held boolean, key_list text, may_pass boolean, stream text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    names   text[] := leat_internal.readable_names(truncated);
    root    oid;
    is_held boolean := capture_truncate.held;
    list    text := capture_truncate.key_list;
    prefix  text;
    last_id bigint;
    place   text;
    above   text[];
    other   leat_internal.attachment;
BEGIN
    SELECT a.* INTO other FROM leat_internal.attachment a
     WHERE a.attachment = leat_internal.captured_above(capture_truncate.attachment, 'truncate');
    IF other.attachment IS NOT NULL THEN
        -- The partition is the other attachment's, whose trigger may not be here yet: leat.refresh puts it here.
        IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = truncated
                              AND t.tgname = leat_internal.trigger_name('truncate', other.attachment)) THEN
            PERFORM leat_internal.capture_truncate(truncated, other.attachment, capture_truncate.held, capture_truncate.key_list,
                                                   other.on_quarantine = 'pass', other.stream);
        END IF;
        RETURN;
    ELSIF leat_internal.captured_above(capture_truncate.attachment, 'capture') IS NOT NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT a.relation INTO root FROM leat_internal.attachment a WHERE a.attachment = capture_truncate.attachment;
        SELECT s.held, s.key_list INTO STRICT is_held, list FROM leat_internal.shape(capture_truncate.attachment) AS s;
    EXCEPTION WHEN OTHERS THEN
        NULL;  -- as it was when the function was written
    END;
    prefix := quote_ident(names[1]) || '.' || quote_ident(names[2]) || list || '#';
    IF length(prefix) > 254 THEN
        -- What is too long is hashed but for the lane, which consumers read from the partition key.
        prefix := 'sha256:' || encode(sha256(convert_to(prefix, 'UTF8')), 'hex') || '#';
    END IF;
    -- Without a root the attachment is gone behind Leat's back: what was done is told all the same.
    IF truncated <> root THEN
        IF NOT EXISTS (SELECT FROM pg_partition_ancestors(truncated) AS p WHERE p.relid = root) THEN
            -- Detached from the table since; leat.refresh removes this trigger.
            RETURN;
        END IF;
        BEGIN
            last_id := currval('leat_internal.outbox_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_id := NULL;  -- this session has captured nothing yet
        END;
        -- Anybody can set it to anything.
        place := substring(current_setting('leat.truncated', true) FROM '^[(][0-9]{1,9},[0-9]{1,4}[)]$');
        above := leat_internal.marker_at(place::tid, last_id);
        IF EXISTS (SELECT FROM pg_partition_ancestors(truncated) AS p
                    WHERE p.relid <> truncated AND leat_internal.readable_names(p.relid) = above) THEN
            RETURN;
        END IF;
    END IF;
    WITH marker AS (
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, context,
                                 db_user, application, stream)
        SELECT lane.number, 't', is_held, capture_truncate.may_pass, clock_timestamp(),
               pg_current_xact_id()::text::bigint, names[1], names[2], prefix || lane.number,
               leat_internal.readable(nullif(current_setting('leat.context', true), '')),
               leat_internal.readable(coalesce(nullif(current_setting('role'), 'none'), session_user)),
               nullif(current_setting('application_name'), ''), capture_truncate.stream
          FROM generate_series(0, 63) AS lane (number)
         ORDER BY lane.number
        RETURNING lane, ctid
    )
    SELECT m.ctid::text INTO place FROM marker AS m WHERE m.lane = 63;
    PERFORM set_config('leat.truncated', place, true);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.marker_at(place tid, id bigint) RETURNS text[]
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET enable_indexscan = off
    SET enable_indexonlyscan = off
    SET enable_bitmapscan = off
    SET enable_tidscan = on
    AS $$
        SELECT ARRAY[o.schema_name, o.table_name] FROM leat_internal.outbox o
         WHERE o.ctid = marker_at.place AND o.id = marker_at.id AND o.op = 't' AND o.xid = pg_current_xact_id()::text::bigint
    $$;

REVOKE ALL ON FUNCTION leat_internal.marker_at(tid, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_truncate(oid, integer, boolean, text, boolean, text) FROM PUBLIC;
