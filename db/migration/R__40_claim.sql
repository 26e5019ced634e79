-- What a poller's role reads, and what it claims by. Of the tables it holds no right at all: it reads these views, and changes nothing but by
-- functions that check.
--
-- leat_poller.outbox, lane, history, poller, tally, shard_use, quarantine, attachment: the tables of the same names; stream_known is false for a
-- domain event that names a stream which is not in leat_poller.stream. In tally, poller is null for the sum of those that are gone, and
-- schema_name and table_name are null for domain events.
-- leat_poller.stream: the streams that an event may name beside the poller's own: those of attached tables, and those that the owner allows.
-- leat_poller.drawn(): the highest id drawn, when the server started (microseconds since 1970), and the current history. Not last_value:
-- while a nextval writes its log record, that column shows an id up to 32 ahead, and a plain read does not wait for it as
-- pg_sequence_last_value does.
-- leat_poller.writers(): the virtual transactions that hold the lock that an INSERT into the outbox takes, but for this session.
-- leat_poller.lock_lanes(left_out, start, most): locks free lanes, from a place in their order on, and returns them with their lows.
-- leat_poller.note_lows(lanes, lows): notes that of lanes which the caller's transaction has locked nothing up to these ids will be claimed.
--
-- left_out  lanes to leave out, a bit for each
-- start     a place, 0 to 63: the lanes are asked for in the order of their numbers with their six bits reversed, from there on, and around
-- most      how many lanes at most
-- Returns:  note_lows: how many were noted; one that is no news, or lies above the last id drawn, is not
-- Tables:   those named; lock_lanes locks leat_internal.lane (FOR UPDATE SKIP LOCKED), note_lows updates it
-- Errors:   none of their own
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- holder: the transaction that holds the lane's row, or has held it last
CREATE OR REPLACE VIEW leat_poller.lane AS SELECT l.*, l.xmax AS holder FROM leat_internal.lane l;
CREATE OR REPLACE VIEW leat_poller.history AS SELECT * FROM leat_internal.history;
CREATE OR REPLACE VIEW leat_poller.poller AS SELECT * FROM leat_internal.poller;
CREATE OR REPLACE VIEW leat_poller.tally AS
    SELECT nullif(poller, '00000000-0000-0000-0000-000000000000') AS poller, nullif(schema_name, '') AS schema_name,
           nullif(table_name, '') AS table_name, op, settled
      FROM leat_internal.tally;
CREATE OR REPLACE VIEW leat_poller.shard_use AS SELECT * FROM leat_internal.shard_use;
CREATE OR REPLACE VIEW leat_poller.attachment AS
    SELECT attachment, relation, schema_name, table_name, stream, on_quarantine, capture, attached_at FROM leat_internal.attachment;
CREATE OR REPLACE VIEW leat_poller.stream AS
    SELECT stream FROM leat_internal.stream UNION ALL SELECT stream FROM leat_internal.attachment WHERE stream IS NOT NULL;
CREATE OR REPLACE VIEW leat_poller.outbox AS
    SELECT o.*, o.op <> 'm' OR o.stream IS NULL OR EXISTS (SELECT FROM leat_poller.stream s WHERE s.stream = o.stream) AS stream_known
      FROM leat_internal.outbox o;
CREATE OR REPLACE VIEW leat_poller.quarantine AS
    SELECT q.*, q.op <> 'm' OR q.stream IS NULL OR EXISTS (SELECT FROM leat_poller.stream s WHERE s.stream = q.stream) AS stream_known
      FROM leat_internal.quarantine q;

CREATE OR REPLACE FUNCTION leat_poller.drawn(OUT id bigint, OUT server_started bigint, OUT history integer)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    SELECT coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), 0),
           (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
           (SELECT max(h.history) FROM leat_internal.history h)
      INTO drawn.id, drawn.server_started, drawn.history;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.writers() RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT l.virtualtransaction FROM pg_locks l
         WHERE l.locktype = 'relation' AND l.relation = 'leat_internal.outbox'::regclass AND l.mode = 'RowExclusiveLock'
           AND l.granted
           AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND l.pid IS DISTINCT FROM pg_backend_pid();
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.lock_lanes(left_out bigint, start integer, most integer)
    RETURNS TABLE (lane smallint, low bigint)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT l.lane, l.low
          FROM leat_internal.lane l
         WHERE (lock_lanes.left_out >> l.lane::integer) & 1 = 0
         -- Neighbours in this order are far apart in the hash space, so the lanes that a poller takes are of different shards.
         ORDER BY (((l.lane & 1) << 5) + ((l.lane & 2) << 3) + ((l.lane & 4) << 1) + ((l.lane & 8) >> 1) + ((l.lane & 16) >> 3)
                   + ((l.lane & 32) >> 5) - lock_lanes.start + 64) % 64
         LIMIT lock_lanes.most
           FOR UPDATE SKIP LOCKED;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.note_lows(lanes smallint[], lows bigint[]) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    noted integer;
BEGIN
    UPDATE leat_internal.lane l SET low = n.low, low_set_at = clock_timestamp()
      FROM unnest(note_lows.lanes, note_lows.lows) AS n (lane, low)
     WHERE l.lane = n.lane AND l.low < n.low
       AND n.low <= pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass);
    GET DIAGNOSTICS noted = ROW_COUNT;
    RETURN noted;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.drawn() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.writers() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.lock_lanes(bigint, integer, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_lows(smallint[], bigint[]) FROM PUBLIC;
