-- What a poller reads and calls.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- The functions by which a poller claims. A poller's role has no right on any table. It reads views (V1), and changes data only by functions,
-- which check their arguments.
--
-- leat_poller.drawn(): the highest id drawn, when the server started (microseconds since 1970), the current history, the schema's version, and
-- the oldest poller version that it serves. A poller that the schema does not serve claims nothing. The function does not read last_value:
-- while a nextval writes its log record, that column shows an id up to 32 ahead. A plain read does not wait for the record;
-- pg_sequence_last_value does.
-- leat_poller.writers(): the virtual transactions that hold the lock of an INSERT into the outbox, without this session's.
-- leat_poller.lock_lanes(left_out, start, most, known): locks free lanes that have events, in their order from a given position on. It finds
-- the lanes that have events without a lock, and writes nothing for the others: up to the watermark, a lane without events can get none,
-- whoever holds it.
-- leat_poller.note_lows(lanes, lows): stores that no id up to these lows will be claimed again in these lanes. It does not wait: it leaves out
-- lanes that another poller holds.
--
-- left_out  lanes to leave out, a bit for each
-- start     a position, 0 to 63. Lanes are ordered by their number with its six bits reversed; they are taken from start on, and after the
--           last one from the first one on
-- most      the maximal number of lanes
-- known     the lows that the poller knows, by lane from 0 on; null or missing: none
-- Returns:  lock_lanes: the lanes, and their lows as stored in their rows; the lanes without events, a bit for each; the highest low of all
--           these rows; and whether the locked lanes have events in quarantine that a claim must look at. note_lows: how many lows were
--           stored; a low is ignored if it is not higher than the stored one, or is above the last id drawn
-- Tables:   leat_internal.outbox, quarantine, history, lane; lock_lanes locks lane (FOR UPDATE SKIP LOCKED), note_lows updates it
-- Errors:   none of their own
CREATE OR REPLACE FUNCTION leat_poller.drawn(
        OUT id bigint, OUT server_started bigint, OUT history integer, OUT schema_version integer, OUT oldest_poller integer)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    SELECT coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), 0),
           (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
           (SELECT max(h.history) FROM leat_internal.history h),
           leat.schema_version(), leat.oldest_poller()
      INTO drawn.id, drawn.server_started, drawn.history, drawn.schema_version, drawn.oldest_poller;
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

CREATE OR REPLACE FUNCTION leat_poller.lock_lanes(
        left_out bigint, start integer, most integer, known bigint[],
        OUT lanes smallint[], OUT lows bigint[], OUT empty bigint, OUT highest_low bigint, OUT in_quarantine boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    pending bigint;
BEGIN
    SELECT coalesce(max(l.low), 0),
           coalesce(bit_or(1::bigint << l.lane::integer), 0),
           coalesce(bit_or(CASE WHEN EXISTS (SELECT FROM leat_internal.outbox o
                                              WHERE o.lane = l.lane AND o.id > greatest(l.low, lock_lanes.known[l.lane + 1]))
                                     OR l.lane IN (SELECT q.lane FROM leat_internal.quarantine q WHERE q.state = 'retry')
                                THEN 1::bigint << l.lane::integer ELSE 0 END), 0)
      INTO lock_lanes.highest_low, lock_lanes.empty, pending
      FROM leat_internal.lane l
     WHERE (lock_lanes.left_out >> l.lane::integer) & 1 = 0;
    lock_lanes.empty := lock_lanes.empty & ~pending;
    SELECT coalesce(array_agg(l.lane), '{}'), coalesce(array_agg(l.low), '{}')
      INTO lock_lanes.lanes, lock_lanes.lows
      FROM (SELECT l.lane, l.low
              FROM leat_internal.lane l
             WHERE (pending >> l.lane::integer) & 1 = 1
             -- Neighbours in this order are far apart in the hash key space, so a poller gets lanes of different shards.
             ORDER BY (((l.lane & 1) << 5) + ((l.lane & 2) << 3) + ((l.lane & 4) << 1) + ((l.lane & 8) >> 1) + ((l.lane & 16) >> 3)
                       + ((l.lane & 32) >> 5) - lock_lanes.start + 64) % 64
             LIMIT lock_lanes.most
               FOR UPDATE SKIP LOCKED) AS l;
    lock_lanes.in_quarantine :=
        EXISTS (SELECT FROM leat_internal.quarantine q WHERE q.lane = ANY (lock_lanes.lanes) AND q.state = 'retry')
        OR EXISTS (SELECT FROM leat_internal.quarantine q
                    WHERE q.lane = ANY (lock_lanes.lanes) AND q.state = 'quarantined' AND NOT q.may_pass);
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.note_lows(lanes smallint[], lows bigint[]) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET geqo = off
    AS $$
#variable_conflict use_column
DECLARE
    noted integer;
BEGIN
    UPDATE leat_internal.lane l SET low = n.low, low_set_at = clock_timestamp()
      FROM unnest(note_lows.lanes, note_lows.lows) AS n (lane, low)
     WHERE l.lane = n.lane AND l.low < n.low
       AND l.lane IN (SELECT f.lane FROM leat_internal.lane f WHERE f.lane = ANY (note_lows.lanes) FOR UPDATE SKIP LOCKED)
       AND n.low <= pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass);
    GET DIAGNOSTICS noted = ROW_COUNT;
    RETURN noted;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.drawn() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.writers() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.lock_lanes(bigint, integer, integer, bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_lows(smallint[], bigint[]) FROM PUBLIC;

-- The functions by which a poller reads the lanes that its transaction has locked. Each call is a statement of its own: it sees what was
-- committed before it, so a claim's data are newer than its lock.
--
-- leat_poller.blocked_keys(lanes): the keys that a quarantined event blocks, with that event; and one row of nulls if there are released events.
-- leat_poller.small_events(...): the next events of each lane, for events of at most "small" bytes. The long columns of a larger event are not
-- read; the poller then reads again, by outbox_events.
-- leat_poller.released_events(...): the events of each lane that a person has released from quarantine.
-- leat_poller.outbox_events(...): the next events of each lane, where some may be large.
--
-- A session plans these statements once, as nested loops over the primary key, whatever the statistics are (claim-1-begin.sql has the settings).
--
-- lanes, most, lows  for each lane: its number, the maximal number of events, and the id above which they are read
-- watermark          held events are read up to this id, because every lower id is committed or rolled back
-- default_stream     the stream of events that name none
-- backing_off        streams whose events are not read
-- too_large          in bytes: the long columns of a larger event are not read, because no stream accepts it
-- lane_budget, claim_budget  in bytes: the maximal size of a lane's events together, and of the claim's
-- alone              in bytes: the maximal size of the claim's first event
-- Returns:  the events, lane by lane in ascending order of id. size: the bytes of the long columns. running: the bytes of the lane's events up to
--           this one. fits: whether the claim's budget includes the event; if not, the long columns are null
-- Tables:   reads leat_poller.outbox and leat_poller.quarantine with the caller's rights
-- Errors:   none of their own
CREATE OR REPLACE FUNCTION leat_poller.blocked_keys(lanes smallint[])
    RETURNS TABLE (partition_key text, id bigint)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT q.partition_key, q.id
          FROM leat_poller.quarantine AS q
         WHERE q.lane = ANY (blocked_keys.lanes) AND q.state = 'quarantined' AND NOT q.may_pass
        UNION ALL
        SELECT CAST(NULL AS text), CAST(NULL AS bigint)
         WHERE EXISTS (SELECT FROM leat_poller.quarantine AS q WHERE q.lane = ANY (blocked_keys.lanes) AND q.state = 'retry');
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.small_events(
        small bigint, lanes smallint[], most integer[], lows bigint[], watermark bigint, default_stream text, backing_off text[])
    RETURNS TABLE (id bigint, lane smallint, op "char", partition_key text, stream text, schema_name text, table_name text, type text,
                       key json, before json, after json, xid bigint, captured_at bigint, db_user text, application text, context text,
                       may_pass boolean, fault text, stream_known boolean, format text, size integer)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET work_mem = '32MB'
    SET geqo = off
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
               CASE WHEN e.size <= small_events.small THEN e.type END AS type,
               CASE WHEN e.size <= small_events.small THEN e.key END AS key,
               CASE WHEN e.size <= small_events.small THEN e.before END AS before,
               CASE WHEN e.size <= small_events.small THEN e.after END AS after,
               e.xid,
               -- In microseconds since the epoch: the driver reads a number with less work than a timestamp.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.size <= small_events.small THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.size <= small_events.small THEN e.fault END AS fault,
               e.stream_known,
               e.format,
               e.size
          FROM unnest(small_events.lanes, small_events.most, small_events.lows) AS l (lane, most, low),
               LATERAL (
                   -- octet_length knows the size of a value without fetching it.
                   SELECT o.*,
                          coalesce(octet_length(CAST(o.type AS text)), 0) + coalesce(octet_length(CAST(o.key AS text)), 0)
                          + coalesce(octet_length(CAST(o.before AS text)), 0) + coalesce(octet_length(CAST(o.after AS text)), 0)
                          + coalesce(octet_length(CAST(o.context AS text)), 0) + coalesce(octet_length(CAST(o.fault AS text)), 0) AS size
                     FROM leat_poller.outbox AS o
                    WHERE o.lane = l.lane AND o.id > l.low
                      -- Held events up to the watermark only: there every lower id is committed or rolled back.
                      AND (NOT o.held OR o.id <= small_events.watermark)
                      -- Not the events of a stream that backs off. An event without a stream has the poller's own.
                      AND coalesce(o.stream, small_events.default_stream) <> ALL (small_events.backing_off)
                    ORDER BY o.id
                    LIMIT l.most) AS e;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.released_events(
        too_large bigint, lane_budget bigint, claim_budget bigint, alone bigint, lanes smallint[], most integer[],
        default_stream text, backing_off text[])
    RETURNS TABLE (id bigint, lane smallint, op "char", partition_key text, stream text, schema_name text, table_name text, type text,
                       key json, before json, after json, xid bigint, captured_at bigint, db_user text, application text, context text,
                       may_pass boolean, fault text, stream_known boolean, format text, size integer, running numeric, fits boolean, replay boolean)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET work_mem = '32MB'
    SET geqo = off
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH bounds (too_large, lane_budget, claim_budget, alone) AS (
            VALUES (released_events.too_large, released_events.lane_budget, released_events.claim_budget, released_events.alone)
        ), claimed (lane, most) AS (
            SELECT * FROM unnest(released_events.lanes, released_events.most)
        ), weighed AS (
            -- Each lane's events in the order of their ids, until their size exceeds the lane's budget.
            SELECT w.*, bounds.*
              FROM bounds, claimed,
                   LATERAL (
                       SELECT s.*, sum(s.weight) OVER (ORDER BY s.id ROWS UNBOUNDED PRECEDING) AS running
                         FROM (
                             -- An event that is too large counts as 0 bytes, because its long columns are not read.
                             SELECT e.*, CASE WHEN e.size <= bounds.too_large THEN CAST(e.size AS numeric) ELSE 0 END AS weight
                               FROM (
                                   -- octet_length knows the size of a value without fetching it.
                                   SELECT q.*,
                                          coalesce(octet_length(CAST(q.type AS text)), 0) + coalesce(octet_length(CAST(q.key AS text)), 0)
                                          + coalesce(octet_length(CAST(q.before AS text)), 0) + coalesce(octet_length(CAST(q.after AS text)), 0)
                                          + coalesce(octet_length(CAST(q.context AS text)), 0) + coalesce(octet_length(CAST(q.fault AS text)), 0) AS size
                                     FROM leat_poller.quarantine AS q
                                    WHERE q.lane = claimed.lane AND q.state = 'retry'
                                      -- Not the events of a stream that backs off. An event without a stream has the poller's own.
                                      AND coalesce(q.stream, released_events.default_stream) <> ALL (released_events.backing_off)
                                    ORDER BY q.id
                                    LIMIT claimed.most) AS e) AS s) AS w
             WHERE w.running - w.weight < bounds.lane_budget
        ), totalled AS (
            -- The sum follows the order of the rows, lane by lane. The reader uses "fits", not the order.
            SELECT w.*, sum(w.weight) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM weighed AS w
        ), events AS (
            SELECT t.*, budget.fits, budget.fits AND t.size <= t.too_large AS read_whole
              FROM totalled AS t
             CROSS JOIN LATERAL (
                 -- Within the claim's budget; or the first event whose size counts.
                 SELECT t.total <= t.claim_budget OR (t.total = t.weight AND t.weight <= t.alone) AS fits) AS budget
        )
        SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
               CASE WHEN e.read_whole THEN e.type END AS type,
               CASE WHEN e.read_whole THEN e.key END AS key,
               CASE WHEN e.read_whole THEN e.before END AS before,
               CASE WHEN e.read_whole THEN e.after END AS after,
               e.xid,
               -- In microseconds since the epoch: the driver reads a number with less work than a timestamp.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.read_whole THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.read_whole THEN e.fault END AS fault,
               e.stream_known,
               e.format,
               e.size, e.running, e.fits, e.replay IS NOT NULL
          FROM events AS e;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.outbox_events(
        too_large bigint, lane_budget bigint, claim_budget bigint, alone bigint, lanes smallint[], most integer[], lows bigint[],
        watermark bigint, default_stream text, backing_off text[])
    RETURNS TABLE (id bigint, lane smallint, op "char", partition_key text, stream text, schema_name text, table_name text, type text,
                       key json, before json, after json, xid bigint, captured_at bigint, db_user text, application text, context text,
                       may_pass boolean, fault text, stream_known boolean, format text, size integer, running numeric, fits boolean)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET work_mem = '32MB'
    SET geqo = off
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH bounds (too_large, lane_budget, claim_budget, alone) AS (
            VALUES (outbox_events.too_large, outbox_events.lane_budget, outbox_events.claim_budget, outbox_events.alone)
        ), claimed (lane, most, low) AS (
            SELECT * FROM unnest(outbox_events.lanes, outbox_events.most, outbox_events.lows)
        ), weighed AS (
            -- Each lane's events in the order of their ids, until their size exceeds the lane's budget.
            SELECT w.*, bounds.*
              FROM bounds, claimed,
                   LATERAL (
                       SELECT s.*, sum(s.weight) OVER (ORDER BY s.id ROWS UNBOUNDED PRECEDING) AS running
                         FROM (
                             -- An event that is too large counts as 0 bytes, because its long columns are not read.
                             SELECT e.*, CASE WHEN e.size <= bounds.too_large THEN CAST(e.size AS numeric) ELSE 0 END AS weight
                               FROM (
                                   -- octet_length knows the size of a value without fetching it.
                                   SELECT o.*,
                                          coalesce(octet_length(CAST(o.type AS text)), 0) + coalesce(octet_length(CAST(o.key AS text)), 0)
                                          + coalesce(octet_length(CAST(o.before AS text)), 0) + coalesce(octet_length(CAST(o.after AS text)), 0)
                                          + coalesce(octet_length(CAST(o.context AS text)), 0) + coalesce(octet_length(CAST(o.fault AS text)), 0) AS size
                                     FROM leat_poller.outbox AS o
                                    WHERE o.lane = claimed.lane AND o.id > claimed.low
                                      -- Held events up to the watermark only: there every lower id is committed or rolled back.
                                      AND (NOT o.held OR o.id <= outbox_events.watermark)
                                      -- Not the events of a stream that backs off. An event without a stream has the poller's own.
                                      AND coalesce(o.stream, outbox_events.default_stream) <> ALL (outbox_events.backing_off)
                                    ORDER BY o.id
                                    LIMIT claimed.most) AS e) AS s) AS w
             WHERE w.running - w.weight < bounds.lane_budget
        ), totalled AS (
            -- The sum follows the order of the rows, lane by lane. The reader uses "fits", not the order.
            SELECT w.*, sum(w.weight) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM weighed AS w
        ), events AS (
            SELECT t.*, budget.fits, budget.fits AND t.size <= t.too_large AS read_whole
              FROM totalled AS t
             CROSS JOIN LATERAL (
                 -- Within the claim's budget; or the first event whose size counts.
                 SELECT t.total <= t.claim_budget OR (t.total = t.weight AND t.weight <= t.alone) AS fits) AS budget
        )
        SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
               CASE WHEN e.read_whole THEN e.type END AS type,
               CASE WHEN e.read_whole THEN e.key END AS key,
               CASE WHEN e.read_whole THEN e.before END AS before,
               CASE WHEN e.read_whole THEN e.after END AS after,
               e.xid,
               -- In microseconds since the epoch: the driver reads a number with less work than a timestamp.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.read_whole THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.read_whole THEN e.fault END AS fault,
               e.stream_known,
               e.format,
               e.size, e.running, e.fits
          FROM events AS e;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.blocked_keys(smallint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.small_events(bigint, smallint[], integer[], bigint[], bigint, text, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.released_events(bigint, bigint, bigint, bigint, smallint[], integer[], text, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.outbox_events(bigint, bigint, bigint, bigint, smallint[], integer[], bigint[], bigint, text, text[])
    FROM PUBLIC;

-- leat_poller.settle(keep, lanes, counts, ids, released, schemas, tables, ops, events): settles events that were delivered, and counts them, in the
-- transaction that claimed them.
-- leat_poller.set_aside(lanes, ids, states, reasons, released): moves events to quarantine that cannot be sent, or that wait for such an event.
-- leat_internal.hold_lanes(lanes): ensures that this transaction holds the lanes. It locks the others, and fails if another session has one.
--
-- keep      whether the events are kept in leat_internal.sent for some time
-- lanes     settle: the lanes of the events, each once; set_aside: the lane of each event
-- counts    for each of lanes: how many of ids belong to it
-- ids       settle: the events of the outbox, lane by lane, ascending within each; set_aside: the id of each event
-- states    quarantined or waiting
-- reasons   for a person; cut to 2,000 characters
-- released  settle: events of these lanes that were released from quarantine (state retry); set_aside: for each event whether it is such one
-- schemas, tables, ops   the tables and operations of ids, each combination once; '' for domain events
-- events    for each of those: how many of ids belong to it, at least 1. The caller tells it, because it has read the rows. Reading them again here
--           would take a microsecond for each event, as long as deleting it. The sum must be the number of rows that are found
-- Returns:  how many events were found and moved or deleted; the caller of set_aside compares this number with that of the events that it read
-- Tables:   locks leat_internal.lane, deletes from leat_internal.outbox, writes leat_internal.sent and leat_internal.quarantine, inserts into
--           leat_internal.counter_delta
-- Errors:   lock_not_available if another session holds one of the lanes; invalid_parameter_value; cardinality_violation if not all of the events
--           are found, or not as many as are counted
CREATE OR REPLACE FUNCTION leat_internal.hold_lanes(lanes smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    held integer;
BEGIN
    PERFORM FROM leat_internal.lane l WHERE l.lane = ANY (hold_lanes.lanes) FOR UPDATE SKIP LOCKED;
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held < (SELECT count(DISTINCT lane) FROM unnest(hold_lanes.lanes) AS lane) THEN
        RAISE EXCEPTION 'leat_poller: lanes % are not all held by this session', hold_lanes.lanes USING ERRCODE = 'lock_not_available',
            HINT = 'Only who claims a lane may settle its events.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.settle(
        keep boolean, lanes smallint[], counts integer[], ids bigint[], released bigint[],
        schemas text[], tables text[], ops text[], events integer[])
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET geqo = off
    AS $$
#variable_conflict use_column
DECLARE
    few         CONSTANT integer := 12;
    lanes_apart smallint[] := lanes;
    place       integer := 1;
    the_lane    smallint;
    batch       bigint[];
    first   bigint;
    last    bigint;
    part    integer;
    settled integer := 0;
    counted bigint := 0;
BEGIN
    PERFORM leat_internal.hold_lanes(lanes);
    IF cardinality(ids) <= few * cardinality(lanes) THEN
        -- Few events in many lanes: one statement costs less than one for each lane.
        IF keep THEN
            WITH gone AS (
                DELETE FROM leat_internal.outbox o
                 USING unnest(ARRAY(SELECT l.lane
                                      FROM unnest(lanes, counts) WITH ORDINALITY AS l (lane, events, place), generate_series(1, l.events)
                                     ORDER BY l.place), ids) AS e (lane, id)
                 WHERE o.lane = e.lane AND o.id = e.id
                RETURNING o.*
            )
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, format, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.format, g.fault
              FROM gone g;
        ELSE
            DELETE FROM leat_internal.outbox o
             USING unnest(ARRAY(SELECT l.lane
                                  FROM unnest(lanes, counts) WITH ORDINALITY AS l (lane, events, place), generate_series(1, l.events)
                                 ORDER BY l.place), ids) AS e (lane, id)
             WHERE o.lane = e.lane AND o.id = e.id;
        END IF;
        GET DIAGNOSTICS settled = ROW_COUNT;
        lanes_apart := '{}';
    END IF;
    FOR i IN 1 .. cardinality(lanes_apart) LOOP
        CONTINUE WHEN counts[i] = 0;
        the_lane := lanes[i];
        batch := ids[place : place + counts[i] - 1];
        place := place + counts[i];
        first := batch[1];
        last := batch[cardinality(batch)];
        -- One lane at a time, by the range of its ids: this leaves the planner no choice, whatever the statistics are.
        IF keep THEN
            WITH gone AS (
                DELETE FROM leat_internal.outbox o
                 WHERE o.lane = the_lane AND o.id BETWEEN first AND last AND o.id = ANY (batch)
                RETURNING o.*
            )
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, format, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.format, g.fault
              FROM gone g;
        ELSE
            DELETE FROM leat_internal.outbox o
             WHERE o.lane = the_lane AND o.id BETWEEN first AND last AND o.id = ANY (batch);
        END IF;
        GET DIAGNOSTICS part = ROW_COUNT;
        settled := settled + part;
    END LOOP;
    FOR i IN 1 .. cardinality(events) LOOP
        -- Not by constraints of the table, which PostgreSQL reads anew in each statement.
        IF (events[i] > 0 AND ops[i] IN ('c', 'u', 'd', 'r', 't', 'm') AND length(schemas[i]) <= 512 AND length(tables[i]) <= 512) IS NOT TRUE THEN
            RAISE EXCEPTION 'leat_poller.settle: figures that cannot be: % events of operation % of table %.%', events[i], ops[i],
                    left(schemas[i], 512), left(tables[i], 512)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how many events of each table and operation are settled, 1 at least.';
        END IF;
        counted := counted + events[i];
    END LOOP;
    INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published)
    SELECT e.schema_name, e.table_name, e.op::"char", e.events
      FROM unnest(settle.schemas, settle.tables, settle.ops, settle.events) AS e (schema_name, table_name, op, events);
    part := 0;
    IF cardinality(released) > 0 THEN
        WITH gone AS (
            DELETE FROM leat_internal.quarantine q
             WHERE q.id = ANY (released) AND q.state = 'retry' AND q.lane = ANY (lanes)
            RETURNING q.*
        ), kept AS (
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, format, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.format, g.fault
              -- What is replayed is kept already.
              FROM gone g WHERE keep AND g.replay IS NULL
        ), counted AS (
            INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published, retried)
            SELECT coalesce(g.schema_name, ''), coalesce(g.table_name, ''), g.op, count(*), count(*) FROM gone g
             WHERE g.replay IS NULL GROUP BY 1, 2, 3
        )
        SELECT count(*) INTO part FROM gone;
    END IF;
    IF settled <> counted OR part <> cardinality(released) THEN
        RAISE EXCEPTION '% events were read and % found again: another session has changed rows of lanes that this transaction holds',
                counted + cardinality(released), settled + part
            USING ERRCODE = 'cardinality_violation', HINT = 'Nothing is settled: roll back, and claim again.';
    END IF;
    RETURN settled + part;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.set_aside(
        lanes smallint[], ids bigint[], states text[], reasons text[], released boolean[])
    RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    the_lane  smallint;
    the_id    bigint;
    the_state text;
    why       text;
    part      integer;
    moved     integer := 0;
BEGIN
    PERFORM leat_internal.hold_lanes(lanes);
    FOR i IN 1 .. cardinality(ids) LOOP
        the_lane := lanes[i];
        the_id := ids[i];
        the_state := states[i];
        why := left(reasons[i], 2000);
        IF the_state IS NULL OR the_state NOT IN ('quarantined', 'waiting') THEN
            RAISE EXCEPTION 'leat_poller.set_aside: a poller cannot put an event into the state %', coalesce(the_state, 'null')
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is quarantined, or waits.';
        END IF;
        IF released[i] THEN
            UPDATE leat_internal.quarantine q SET state = the_state, reason = why, quarantined_at = clock_timestamp()
             WHERE q.id = the_id AND q.lane = the_lane AND q.state = 'retry';
        ELSE
            WITH gone AS (
                DELETE FROM leat_internal.outbox o WHERE o.lane = the_lane AND o.id = the_id RETURNING o.*
            ), counted AS (
                INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, quarantined)
                SELECT coalesce(g.schema_name, ''), coalesce(g.table_name, ''), g.op, 1 FROM gone g
            )
            INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                                  partition_key, key, before, after, context, db_user, application, stream, format,
                                                  fault, state, reason)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.format, g.fault,
                   the_state, why
              FROM gone g;
        END IF;
        GET DIAGNOSTICS part = ROW_COUNT;
        moved := moved + part;
    END LOOP;
    RETURN moved;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.hold_lanes(smallint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.settle(boolean, smallint[], integer[], bigint[], bigint[], text[], text[], text[], integer[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.set_aside(smallint[], bigint[], text[], text[], boolean[]) FROM PUBLIC;

-- leat_poller.sum_counters(): moves the rows of leat_internal.counter_delta into those of leat_internal.counter. The sums over both tables do not
-- change for any reader, because the same statement deletes and adds. It waits for nobody: rows that are not committed yet stay for the next call. If
-- several pollers call it at once, one of them does the work.
--
-- After the first hundred thousand tables and operations, new ones are counted together as "(other tables)": names come from pollers and from owners
-- who rename tables, and must not fill the disk.
--
-- Returns:  how many rows it moved
-- Tables:   deletes from leat_internal.counter_delta, inserts into and updates leat_internal.counter, locks a row of leat_internal.mutex
-- Errors:   none of its own
CREATE OR REPLACE FUNCTION leat_poller.sum_counters() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    most    CONSTANT integer := 100000;
    is_full boolean;
    summed  bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM leat_internal.counter_delta) OR NOT leat_internal.try_mutex('counters') THEN
        RETURN 0;
    END IF;
    is_full := (SELECT count(*) FROM leat_internal.counter) >= most;
    WITH gone AS (
        DELETE FROM leat_internal.counter_delta d
        RETURNING d.schema_name, d.table_name, d.op, d.published, d.retried, d.quarantined, d.discarded
    ), summed AS (
        SELECT g.schema_name, g.table_name, g.op, sum(g.published) AS published, sum(g.retried) AS retried, sum(g.quarantined) AS quarantined,
               sum(g.discarded) AS discarded,
               is_full AND NOT EXISTS (SELECT FROM leat_internal.counter c
                                        WHERE c.schema_name = g.schema_name AND c.table_name = g.table_name AND c.op = g.op) AS other
          FROM gone g GROUP BY g.schema_name, g.table_name, g.op
    ), added AS (
        INSERT INTO leat_internal.counter AS c (schema_name, table_name, op, published, retried, quarantined, discarded)
        SELECT CASE WHEN s.other THEN '' ELSE s.schema_name END, CASE WHEN s.other THEN '(other tables)' ELSE s.table_name END, s.op,
               sum(s.published), sum(s.retried), sum(s.quarantined), sum(s.discarded)
          FROM summed s GROUP BY 1, 2, 3
        ON CONFLICT (schema_name, table_name, op) DO UPDATE
           SET published = c.published + excluded.published, retried = c.retried + excluded.retried,
               quarantined = c.quarantined + excluded.quarantined, discarded = c.discarded + excluded.discarded
    )
    SELECT count(*) INTO summed FROM gone;
    RETURN summed;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.sum_counters() FROM PUBLIC;

-- What a poller writes for others: that it is running, and its figures. Only the fair shares and leat status use them. Still the values are
-- checked (leat_internal.poller, shard_use), and only the role that wrote a row can change it.
--
-- leat_poller.heartbeat(poller, host, pid, version): says that a poller is running, and deletes pollers that were not seen for a minute. It also
-- tells what a poller would otherwise ask for by itself each second.
-- leat_poller.deregister(poller): deletes a poller and its figures of shards.
-- leat_poller.note_shards(poller, seconds, streams, shards, records, bytes, refused): what each shard accepted and refused over the last so
-- many seconds. It deletes rows that nobody has written for half a minute.
-- leat_internal.catalog_changes(): a number that changes when a change of the catalog may concern attached tables, so that pollers know when to
-- call leat_poller.refresh. Creating and dropping tables counts only where it updates a row or touches a constraint; every DDL that Leat must
-- see changes one of the other counts. The number comes from the statistics, so it follows within seconds. Before PostgreSQL 15, where
-- frequent reads of the statistics would cost too much, it is always 0.
--
-- poller    an id that a poller draws at each start
-- Returns:  heartbeat: how many other pollers were seen within five seconds, by the database's clock; catalog_changes; and whether a load or a
--           replay is running
-- Tables:   they write leat_internal.poller, shard_use
-- Errors:   check_violation, not_null_violation for impossible values; insufficient_privilege for a poller of another role

-- leat_internal.limit_figures(what, rows, most): fails if there are more rows of figures than a real poller writes.
CREATE OR REPLACE FUNCTION leat_internal.limit_figures(what text, rows bigint, most bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF rows >= most THEN
        RAISE EXCEPTION 'leat_poller: there are % % noted already, and % are the most', rows, what, most
            USING ERRCODE = 'program_limit_exceeded', HINT = 'The owner can delete from leat_internal.poller and shard_use.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.catalog_changes() RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RETURN 0;
    END IF;
    RETURN (SELECT sum(pg_stat_get_tuples_updated(c.oid)
                       + CASE WHEN c.whole THEN pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_deleted(c.oid) ELSE 0 END)
              FROM (VALUES ('pg_class'::regclass::oid, false), ('pg_attribute'::regclass::oid, false), ('pg_type'::regclass::oid, false),
                           ('pg_proc'::regclass::oid, true), ('pg_trigger'::regclass::oid, true), ('pg_constraint'::regclass::oid, true),
                           ('pg_inherits'::regclass::oid, true), ('pg_namespace'::regclass::oid, false),
                           ('pg_subscription_rel'::regclass::oid, true))
                   AS c (oid, whole));
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.heartbeat(
        poller uuid, host text, pid bigint, version text, OUT others integer, OUT catalog_changes bigint, OUT loading boolean)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    gone boolean;
BEGIN
    UPDATE leat_internal.poller p SET seen_at = now() WHERE p.poller = heartbeat.poller AND p.role = session_user;
    IF NOT FOUND THEN
        PERFORM leat_internal.limit_figures('pollers', (SELECT count(*) FROM leat_internal.poller p WHERE p.role = session_user), 1000);
        INSERT INTO leat_internal.poller (poller, role, host, pid, version)
        VALUES (heartbeat.poller, session_user, left(heartbeat.host, 255), heartbeat.pid, left(heartbeat.version, 100))
            ON CONFLICT (poller) DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'leat_poller.heartbeat: poller % is of another role', heartbeat.poller USING ERRCODE = 'insufficient_privilege',
                HINT = 'A poller draws its id at each start.';
        END IF;
    END IF;
    -- A poller with a time in the future wrote it before the clock was set back.
    SELECT count(*) FILTER (WHERE p.seen_at BETWEEN now() - interval '5 seconds' AND now() + interval '5 seconds'),
           coalesce(bool_or(p.seen_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute'), false)
      INTO heartbeat.others, gone
      FROM leat_internal.poller p WHERE p.poller <> heartbeat.poller;
    IF gone THEN
        DELETE FROM leat_internal.poller p
         WHERE p.poller <> heartbeat.poller AND p.seen_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute';
    END IF;
    heartbeat.catalog_changes := leat_internal.catalog_changes();
    heartbeat.loading := EXISTS (SELECT FROM leat_internal.load l WHERE l.state = 'running')
                         OR EXISTS (SELECT FROM leat_internal.replay r WHERE r.state = 'running');
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.deregister(poller uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        DELETE FROM leat_internal.shard_use s WHERE s.poller = deregister.poller AND s.role = session_user;
        DELETE FROM leat_internal.poller p WHERE p.poller = deregister.poller AND p.role = session_user;
    $$;

CREATE OR REPLACE FUNCTION leat_poller.note_shards(
        poller uuid, seconds double precision, streams text[], shards text[], records bigint[], bytes bigint[], refused bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM leat_internal.limit_figures('shards', (SELECT count(*) FROM leat_internal.shard_use s) + cardinality(note_shards.shards), 100000);
    INSERT INTO leat_internal.shard_use AS s (poller, role, stream, shard, seconds, records, bytes, refused)
    SELECT note_shards.poller, session_user, u.stream, u.shard, note_shards.seconds, u.records, u.bytes, u.refused
      FROM unnest(note_shards.streams, note_shards.shards, note_shards.records, note_shards.bytes, note_shards.refused)
           AS u (stream, shard, records, bytes, refused)
    ON CONFLICT (poller, stream, shard) DO UPDATE
       SET seconds = excluded.seconds, records = excluded.records, bytes = excluded.bytes, refused = excluded.refused,
           measured_at = clock_timestamp()
     WHERE s.role = session_user;
    DELETE FROM leat_internal.shard_use s
     WHERE s.measured_at NOT BETWEEN clock_timestamp() - interval '30 seconds' AND clock_timestamp() + interval '30 seconds'
        OR s.poller = note_shards.poller AND s.role = session_user
           AND NOT EXISTS (SELECT FROM unnest(note_shards.streams, note_shards.shards) AS u (stream, shard)
                            WHERE u.stream = s.stream AND u.shard = s.shard);
END
$$;

REVOKE ALL ON FUNCTION leat_internal.limit_figures(text, bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.catalog_changes() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.heartbeat(uuid, text, bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.deregister(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_shards(uuid, double precision, text[], text[], bigint[], bigint[], bigint[]) FROM PUBLIC;

-- leat_poller.rotate_sent(keep): maintains the partitions of leat_internal.sent. It creates the present and the next one, and drops those whose
-- rows are all older than the time for which they are kept.
--
-- A partition holds one UTC day, or one hour if keep is under two days, so events are kept longer than keep by at most one partition.
-- Rows for which there is no partition yet go to sent_default, and are deleted when they are older than the time for which it is kept. As long
-- as it holds rows of a day, that day gets no partition. A partition is kept for the longest time that was asked for before its period ended.
-- A shorter time that is asked for later does not change it, so that a poller cannot delete what another one must keep. If several pollers
-- call this at once, one of them does it. A partition that cannot be locked within 100 ms is left for the next call.
--
-- keep      how long settled events are kept, from a minute to ten years
-- Returns:  how many partitions were created or dropped
-- Tables:   leat_internal.sent and its partitions (ACCESS EXCLUSIVE on leat_internal.sent while one is dropped), leat_internal.sent_period
-- Errors:   invalid_parameter_value
CREATE OR REPLACE FUNCTION leat_poller.rotate_sent(keep interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    SET default_table_access_method = 'heap'
    SET "TimeZone" = 'UTC'
    SET "DateStyle" = 'ISO, YMD'
    SET default_tablespace = ''
    SET default_table_access_method = 'heap'
    AS $$
#variable_conflict use_column
DECLARE
    unit    text := CASE WHEN keep < interval '2 days' THEN 'hour' ELSE 'day' END;
    present timestamptz := date_trunc(unit, clock_timestamp());
    step    interval := CASE WHEN keep < interval '2 days' THEN interval '1 hour' ELSE interval '1 day' END;
    first   timestamptz;
    name    text;
    part    record;
    changed integer := 0;
BEGIN
    IF keep IS NULL OR keep < interval '1 minute' OR keep > interval '10 years' THEN
        RAISE EXCEPTION 'leat_poller.rotate_sent: keep is %', coalesce(keep::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how long, from a minute to ten years, such as interval ''7 days''.';
    END IF;
    IF NOT leat_internal.try_mutex('sent') THEN
        RETURN 0;
    END IF;
    FOREACH first IN ARRAY ARRAY[present, present + step] LOOP
        name := 'sent_' || to_char(first, CASE unit WHEN 'hour' THEN 'YYYYMMDD_HH24' ELSE 'YYYYMMDD' END);
        CONTINUE WHEN to_regclass('leat_internal.' || name) IS NOT NULL;
        BEGIN
            -- ATTACH PARTITION, unlike CREATE TABLE ... PARTITION OF, takes no lock that blocks inserts into leat_internal.sent.
            EXECUTE format('CREATE TABLE leat_internal.%I (LIKE leat_internal.sent INCLUDING DEFAULTS)', name);
            EXECUTE format('ALTER TABLE leat_internal.%I REPLICA IDENTITY FULL', name);
            EXECUTE format('ALTER TABLE leat_internal.sent ATTACH PARTITION leat_internal.%I FOR VALUES FROM (%L) TO (%L)', name,
                           first, first + step);
            PERFORM leat_internal.keep_rights(to_regclass('leat_internal.' || name));
            INSERT INTO leat_internal.sent_period (partition, keep) VALUES (name, keep)
            ON CONFLICT (partition) DO UPDATE SET keep = excluded.keep;
            changed := changed + 1;
        EXCEPTION
            WHEN invalid_object_definition THEN NULL;  -- a day's partition covers this hour, or the reverse
            WHEN check_violation THEN NULL;            -- the default partition has rows of this period
            WHEN lock_not_available OR deadlock_detected THEN NULL;
        END;
    END LOOP;
    FOR part IN
        SELECT c.oid::regclass AS relation, c.relname,
               (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO [(]''([^'']+)''[)]'))[1]::timestamptz AS ends,
               coalesce(p.keep, rotate_sent.keep) AS kept
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          LEFT JOIN leat_internal.sent_period p ON p.partition = c.relname
         WHERE i.inhparent = 'leat_internal.sent'::regclass
    LOOP
        IF (part.ends IS NULL OR part.ends > clock_timestamp()) AND rotate_sent.keep > part.kept THEN
            UPDATE leat_internal.sent_period p SET keep = rotate_sent.keep WHERE p.partition = part.relname;
        END IF;
        CONTINUE WHEN part.ends IS NULL OR part.ends > clock_timestamp() - part.kept;
        BEGIN
            EXECUTE format('DROP TABLE %s', part.relation);
            DELETE FROM leat_internal.sent_period p WHERE p.partition = part.relname;
            changed := changed + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            NULL;
        END;
    END LOOP;
    DELETE FROM leat_internal.sent_default
     WHERE sent_at < clock_timestamp() - (SELECT p.keep FROM leat_internal.sent_period p WHERE p.partition = 'sent_default');
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.rotate_sent(interval) FROM PUBLIC;

-- leat_poller.table_faults(): what somebody has done to Leat's own tables that prevents Leat from working, or that runs somebody's code with the
-- rights of Leat's owner; and which rows are missing in them. Settings for all tables of a database apply to Leat's tables too.
--
-- leat_internal.covering(relation): the publications that publish updates or deletes of the table. It reads pg_publication for those FOR ALL
-- TABLES, because pg_publication_tables does not list a partition whose root table is published in its place.
--
-- Returns:  severe: whether events may be lost, refused or not published, or somebody's code runs; fault; remedy. No row if all is well.
--           Tables with the same fault are in one row
-- Tables:   the catalog; counts the rows of leat_internal.lane, history, mutex, sent_period, attachment, granted
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.covering(relation regclass) RETURNS SETOF name
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT p.pubname FROM pg_publication p
         WHERE (p.pubupdate OR p.pubdelete)
           AND (p.puballtables
                OR EXISTS (SELECT FROM pg_publication_tables t
                            WHERE t.pubname = p.pubname
                              AND (t.schemaname, t.tablename) IN (
                                  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                   WHERE c.oid = covering.relation
                                      OR c.oid IN (SELECT a.relid FROM pg_partition_ancestors(covering.relation) AS a))))
         ORDER BY p.pubname
    $$;

CREATE OR REPLACE FUNCTION leat_poller.table_faults() RETURNS TABLE (severe boolean, fault text, remedy text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH own AS (
            SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
                   c.relreplident, m.amname, n.nspname, format('%I.%I', n.nspname, c.relname) AS name,
                   pg_get_replica_identity_index(c.oid) AS identity,
                   (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid) AS primary_key,
                   ARRAY(SELECT leat_internal.covering(c.oid::regclass)) AS publications
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_am m ON m.oid = c.relam
             WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal') AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
        ), each (place, severe, name, fault, remedy) AS (
            -- %1$s: the tables; %2$s: one of them
            SELECT 1, true, o.name, 'row security is forced on %1$s: Leat''s owner sees no row of it and can add none, so events can neither'
                   ' be captured nor published', 'ALTER TABLE %2$s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY'
              FROM own o WHERE row_security_active(o.oid)
            UNION ALL
            SELECT 2, true, o.name, 'row security is on for %1$s, which Leat has not asked for', 'ALTER TABLE %2$s DISABLE ROW LEVEL SECURITY'
              FROM own o WHERE o.relrowsecurity AND NOT row_security_active(o.oid)
            UNION ALL
            SELECT 3, true, format('%I on %s', t.tgname, o.name),
                   'Leat''s tables have what Leat has not made, and it runs with the rights of Leat''s owner, in the transactions of writers and'
                   ' pollers: the trigger %1$s', 'DROP TRIGGER %2$s'
              FROM own o JOIN pg_trigger t ON t.tgrelid = o.oid
            UNION ALL
            SELECT 4, true, format('%I on %s', r.rulename, o.name),
                   'Leat''s tables have what Leat has not made, and it runs with the rights of Leat''s owner, in the transactions of writers and'
                   ' pollers: the rule %1$s', 'DROP RULE %2$s'
              FROM own o JOIN pg_rewrite r ON r.ev_class = o.oid WHERE r.rulename <> '_RETURN'
            UNION ALL
            SELECT 5, true, o.name, 'the table is unlogged: a crash of the server empties it: %1$s', 'ALTER TABLE %2$s SET LOGGED'
              FROM own o WHERE o.relpersistence <> 'p' AND o.relkind IN ('r', 'p')
            UNION ALL
            SELECT 6, true, o.name, '%1$s is not the ordinary table that Leat has made',
                   'make %2$s an ordinary table again: by db/migration/V1__outbox.sql, in an empty database'
              FROM own o
             WHERE o.nspname = 'leat_internal'
               AND (o.relkind = 'p' AND o.relname <> 'sent' OR o.relkind IN ('f', 'v', 'm')
                    OR o.relname <> 'sent' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = o.oid)
                    OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = o.oid AND i.inhparent <> 'leat_internal.sent'::regclass))
            UNION ALL
            SELECT 7, true, o.name, '%1$s has no primary key any more: claims and counts rest on it',
                   CASE o.relname WHEN 'outbox' THEN 'ALTER TABLE %2$s ADD PRIMARY KEY (lane, id)'
                                  ELSE 'give %2$s the primary key that it has in db/migration/V1__outbox.sql' END
              FROM own o
             WHERE o.nspname = 'leat_internal' AND o.relkind = 'r' AND NOT o.relispartition AND o.primary_key IS NULL
            UNION ALL
            SELECT 8, cardinality(o.publications) > 0, o.name,
                   CASE WHEN cardinality(o.publications) > 0
                        THEN format('the publication %s covers %%1$s, which has no replica identity: PostgreSQL refuses each UPDATE and DELETE'
                                    ' there, so events are published again and again',
                                    replace(array_to_string(ARRAY(SELECT quote_ident(p) FROM unnest(o.publications) AS p), ', '), '%', '%%'))
                        ELSE '%1$s has no replica identity: PostgreSQL will refuse UPDATE and DELETE as soon as a publication covers it' END,
                   'ALTER TABLE %2$s REPLICA IDENTITY ' || CASE WHEN o.primary_key IS NULL THEN 'FULL' ELSE 'DEFAULT' END
              FROM own o
             WHERE o.nspname = 'leat_internal' AND o.relkind = 'r' AND o.identity IS NULL AND o.relreplident <> 'f'
            UNION ALL
            SELECT 9, true, o.name,
                   format('the publication %s has a list of columns or a condition for %%1$s that its replica identity does not cover: PostgreSQL'
                          ' refuses each UPDATE and DELETE there', replace(quote_ident(t.pubname), '%', '%%')),
                   format('ALTER PUBLICATION %s DROP TABLE %%2$s', replace(quote_ident(t.pubname), '%', '%%'))
              FROM own o
              JOIN pg_publication_tables t ON t.schemaname = o.nspname AND t.tablename = o.relname AND t.pubname = ANY (o.publications)
             -- By name, because the view does not have these columns before PostgreSQL 15.
             WHERE to_jsonb(t) ->> 'rowfilter' IS NOT NULL
                OR EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = coalesce(o.identity::oid, o.oid) AND a.attnum > 0 AND NOT a.attisdropped
                              AND NOT to_jsonb(t) -> 'attnames' ? a.attname::text)
            UNION ALL
            SELECT 10, false, o.name, format('%%1$s is stored by the access method %s, and Leat is made for heap', o.amname),
                   'ALTER TABLE %2$s SET ACCESS METHOD heap (since PostgreSQL 15)'
              FROM own o WHERE o.amname <> 'heap' AND o.relname <> 'flyway_schema_history'
            UNION ALL
            SELECT 11, true, m.what, 'rows that Leat rests on are missing: %1$s',
                   'start a poller (leat run), or run `leat migrate`: both put them back, and go on with new ids above all that were drawn'
              FROM unnest(leat_internal.missing_rows()) AS m (what)
             WHERE NOT EXISTS (SELECT FROM own o WHERE row_security_active(o.oid))
            UNION ALL
            SELECT 12, true, o.relation::regclass::text,
                   'triggers of Leat''s are on %1$s, and Leat''s row for it is gone: it is captured as it was attached, and not at all, or in'
                   ' quarantine, once its shape has changed', 'attach it again, as it was: leat attach --file, or SELECT leat.attach(%2$L)'
              FROM leat_internal.orphans() AS o
             WHERE o.relation IS NOT NULL AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE a.relation = o.relation)
        )
        SELECT e.severe,
               format(e.fault, array_to_string((array_agg(e.name ORDER BY e.name))[1:5], ', ')
                               || CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END, min(e.name)),
               CASE WHEN count(*) > 1 AND e.remedy LIKE '%2$s%' THEN 'for each: ' ELSE '' END
               || format(e.remedy, '', min(e.name))
          FROM each e
         GROUP BY e.place, e.severe, e.fault, e.remedy
         ORDER BY e.place, e.fault
    $$;

REVOKE ALL ON FUNCTION leat_internal.covering(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.table_faults() FROM PUBLIC;
