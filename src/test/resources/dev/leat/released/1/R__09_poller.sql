-- What a poller reads and calls.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- What a poller claims by. Of the tables it holds no right at all: it reads views (V1), and changes nothing but by functions that check.
--
-- leat_poller.drawn(): the highest id drawn, when the server started (microseconds since 1970), the current history, and which pollers the
-- schema serves: no claim is made by one that it does not serve. Not last_value:
-- while a nextval writes its log record, that column shows an id up to 32 ahead, and a plain read does not wait for it as
-- pg_sequence_last_value does.
-- leat_poller.writers(): the virtual transactions that hold the lock that an INSERT into the outbox takes, but for this session.
-- leat_poller.lock_lanes(left_out, start, most, known): locks free lanes that hold events, from a place in their order on. Which lanes hold
-- events is read without a lock, and nothing is written for the others: a lane without events stays so up to the watermark, whoever holds it.
-- leat_poller.note_lows(lanes, lows): notes that nothing up to these ids will be claimed of these lanes. It waits for no other poller: it leaves
-- out what another one holds.
--
-- left_out  lanes to leave out, a bit for each
-- start     a place, 0 to 63: the lanes are asked for in the order of their numbers with their six bits reversed, from there on, and around
-- most      how many lanes at most
-- known     the lows that the poller knows, by lane from 0 on; null or absent: none
-- Returns:  lock_lanes: the lanes and their lows as their rows have them; the lanes that held no event, a bit for each; the highest low of
--           all these rows; and whether the locked lanes have events in quarantine that a claim must look at. note_lows: how many
--           were noted; one that is no news, or lies above the last id drawn, is not
-- Tables:   those named; lock_lanes locks leat_internal.lane (FOR UPDATE SKIP LOCKED), note_lows updates it
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
             -- Neighbours in this order are far apart in the hash space, so the lanes that a poller takes are of different shards.
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

-- How a poller reads the lanes that its transaction holds. Each function is a statement of its own: it sees what was committed before it, so
-- what a claim reads is newer than its lock.
--
-- leat_poller.blocked_keys(lanes): the keys that a quarantined event blocks, with that event; and one row of nulls if there are released events.
-- leat_poller.small_events(...): the next events of each lane, while events are small. Of an event above "small" bytes what can be long is not
-- read: the poller then reads again, by outbox_events.
-- leat_poller.released_events(...): the events of each lane that a person has released from quarantine.
-- leat_poller.outbox_events(...): the next events of each lane, where some may be large.
--
-- The plans are made once in a session: nested loops over the primary key, whatever the statistics say (claim-1-begin.sql has the settings).
--
-- lanes, most, lows  the lanes, how many events of each at most, and above which id
-- watermark          held events wait until every lower id is decided: up to here
-- default_stream     the stream of events that name none
-- backing_off        streams whose events are left where they are
-- too_large          in bytes: an event above it is not read whole, because no stream accepts it
-- lane_budget, claim_budget  in bytes: what a lane's events may weigh, and what the claim's may
-- alone              in bytes: what an event may weigh that comes first
-- Returns:  the events, lane by lane in ascending order of id. size: bytes of what can be long. running: the lane's bytes up to this event.
--           fits: whether the claim has room for it; if not, what can be long is null
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
                       may_pass boolean, fault text, stream_known boolean, size integer)
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
               -- In microseconds since the epoch, which the driver reads with less work than a time.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.size <= small_events.small THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.size <= small_events.small THEN e.fault END AS fault,
               e.stream_known,
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
                      -- Held events wait until every lower id is decided: up to the watermark.
                      AND (NOT o.held OR o.id <= small_events.watermark)
                      -- The stream, or the poller's own, is none of those that back off.
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
                       may_pass boolean, fault text, stream_known boolean, size integer, running numeric, fits boolean)
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
            -- Each lane's events in the order of their ids, until they outweigh the lane's budget.
            SELECT w.*, bounds.*
              FROM bounds, claimed,
                   LATERAL (
                       SELECT s.*, sum(s.weight) OVER (ORDER BY s.id ROWS UNBOUNDED PRECEDING) AS running
                         FROM (
                             -- What is too large weighs nothing, for it is not read.
                             SELECT e.*, CASE WHEN e.size <= bounds.too_large THEN CAST(e.size AS numeric) ELSE 0 END AS weight
                               FROM (
                                   -- octet_length knows the size of a value without fetching it.
                                   SELECT q.*,
                                          coalesce(octet_length(CAST(q.type AS text)), 0) + coalesce(octet_length(CAST(q.key AS text)), 0)
                                          + coalesce(octet_length(CAST(q.before AS text)), 0) + coalesce(octet_length(CAST(q.after AS text)), 0)
                                          + coalesce(octet_length(CAST(q.context AS text)), 0) + coalesce(octet_length(CAST(q.fault AS text)), 0) AS size
                                     FROM leat_poller.quarantine AS q
                                    WHERE q.lane = claimed.lane AND q.state = 'retry'
                                      -- The stream, or the poller's own, is none of those that back off.
                                      AND coalesce(q.stream, released_events.default_stream) <> ALL (released_events.backing_off)
                                    ORDER BY q.id
                                    LIMIT claimed.most) AS e) AS s) AS w
             WHERE w.running - w.weight < bounds.lane_budget
        ), totalled AS (
            -- Lane after lane, as the rows come: who reads goes by "fits", not by their order.
            SELECT w.*, sum(w.weight) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM weighed AS w
        ), events AS (
            SELECT t.*, room.fits, room.fits AND t.size <= t.too_large AS read_whole
              FROM totalled AS t
             CROSS JOIN LATERAL (
                 -- Within the claim's budget; or nothing that weighs comes before it.
                 SELECT t.total <= t.claim_budget OR (t.total = t.weight AND t.weight <= t.alone) AS fits) AS room
        )
        SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
               CASE WHEN e.read_whole THEN e.type END AS type,
               CASE WHEN e.read_whole THEN e.key END AS key,
               CASE WHEN e.read_whole THEN e.before END AS before,
               CASE WHEN e.read_whole THEN e.after END AS after,
               e.xid,
               -- In microseconds since the epoch, which the driver reads with less work than a time.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.read_whole THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.read_whole THEN e.fault END AS fault,
               e.stream_known,
               e.size, e.running, e.fits
          FROM events AS e;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.outbox_events(
        too_large bigint, lane_budget bigint, claim_budget bigint, alone bigint, lanes smallint[], most integer[], lows bigint[],
        watermark bigint, default_stream text, backing_off text[])
    RETURNS TABLE (id bigint, lane smallint, op "char", partition_key text, stream text, schema_name text, table_name text, type text,
                       key json, before json, after json, xid bigint, captured_at bigint, db_user text, application text, context text,
                       may_pass boolean, fault text, stream_known boolean, size integer, running numeric, fits boolean)
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
            -- Each lane's events in the order of their ids, until they outweigh the lane's budget.
            SELECT w.*, bounds.*
              FROM bounds, claimed,
                   LATERAL (
                       SELECT s.*, sum(s.weight) OVER (ORDER BY s.id ROWS UNBOUNDED PRECEDING) AS running
                         FROM (
                             -- What is too large weighs nothing, for it is not read.
                             SELECT e.*, CASE WHEN e.size <= bounds.too_large THEN CAST(e.size AS numeric) ELSE 0 END AS weight
                               FROM (
                                   -- octet_length knows the size of a value without fetching it.
                                   SELECT o.*,
                                          coalesce(octet_length(CAST(o.type AS text)), 0) + coalesce(octet_length(CAST(o.key AS text)), 0)
                                          + coalesce(octet_length(CAST(o.before AS text)), 0) + coalesce(octet_length(CAST(o.after AS text)), 0)
                                          + coalesce(octet_length(CAST(o.context AS text)), 0) + coalesce(octet_length(CAST(o.fault AS text)), 0) AS size
                                     FROM leat_poller.outbox AS o
                                    WHERE o.lane = claimed.lane AND o.id > claimed.low
                                      -- Held events wait until every lower id is decided: up to the watermark.
                                      AND (NOT o.held OR o.id <= outbox_events.watermark)
                                      -- The stream, or the poller's own, is none of those that back off.
                                      AND coalesce(o.stream, outbox_events.default_stream) <> ALL (outbox_events.backing_off)
                                    ORDER BY o.id
                                    LIMIT claimed.most) AS e) AS s) AS w
             WHERE w.running - w.weight < bounds.lane_budget
        ), totalled AS (
            -- Lane after lane, as the rows come: who reads goes by "fits", not by their order.
            SELECT w.*, sum(w.weight) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM weighed AS w
        ), events AS (
            SELECT t.*, room.fits, room.fits AND t.size <= t.too_large AS read_whole
              FROM totalled AS t
             CROSS JOIN LATERAL (
                 -- Within the claim's budget; or nothing that weighs comes before it.
                 SELECT t.total <= t.claim_budget OR (t.total = t.weight AND t.weight <= t.alone) AS fits) AS room
        )
        SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
               CASE WHEN e.read_whole THEN e.type END AS type,
               CASE WHEN e.read_whole THEN e.key END AS key,
               CASE WHEN e.read_whole THEN e.before END AS before,
               CASE WHEN e.read_whole THEN e.after END AS after,
               e.xid,
               -- In microseconds since the epoch, which the driver reads with less work than a time.
               CAST(date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
               e.db_user, e.application,
               CASE WHEN e.read_whole THEN e.context END AS context,
               e.may_pass,
               CASE WHEN e.read_whole THEN e.fault END AS fault,
               e.stream_known,
               e.size, e.running, e.fits
          FROM events AS e;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.blocked_keys(smallint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.small_events(bigint, smallint[], integer[], bigint[], bigint, text, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.released_events(bigint, bigint, bigint, bigint, smallint[], integer[], text, text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.outbox_events(bigint, bigint, bigint, bigint, smallint[], integer[], bigint[], bigint, text, text[])
    FROM PUBLIC;

-- leat_poller.settle(keep, lanes, counts, ids, released): settles events that were delivered, in the transaction that has claimed them.
-- leat_poller.set_aside(lanes, ids, states, reasons, released): moves events that cannot be sent, or wait behind one, to quarantine.
-- leat_internal.hold_lanes(lanes): the lanes must be this transaction's: they are locked if they are not, and an error if another has them.
--
-- keep      whether the events go to leat_internal.sent for a time
-- lanes     settle: the lanes of the events, each once; set_aside: of each event
-- counts    beside lanes: how many of ids are of that lane
-- ids       settle: the events of the outbox, lane by lane, ascending within each; set_aside: of each event
-- states    quarantined or waiting
-- reasons   for a person; cut to 2,000 characters
-- released  settle: events released from quarantine (state retry), of those lanes; set_aside: for each event whether it is one
-- Returns:  how many events were found and moved or deleted; the caller compares that with what it has read
-- Tables:   locks leat_internal.lane, deletes from leat_internal.outbox, writes leat_internal.sent and leat_internal.quarantine
-- Errors:   lock_not_available when another session holds one of the lanes; invalid_parameter_value
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

CREATE OR REPLACE FUNCTION leat_poller.settle(keep boolean, lanes smallint[], counts integer[], ids bigint[], released bigint[])
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
BEGIN
    PERFORM leat_internal.hold_lanes(lanes);
    IF cardinality(ids) <= few * cardinality(lanes) THEN
        -- Few events in many lanes: one statement costs less than one for each lane.
        WITH gone AS (
            DELETE FROM leat_internal.outbox o
             USING unnest(ARRAY(SELECT l.lane
                                  FROM unnest(lanes, counts) WITH ORDINALITY AS l (lane, events, place), generate_series(1, l.events)
                                 ORDER BY l.place), ids) AS e (lane, id)
             WHERE o.lane = e.lane AND o.id = e.id
            RETURNING o.*
        ), kept AS (
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.fault
              FROM gone g WHERE keep
        )
        SELECT count(*) INTO settled FROM gone;
        lanes_apart := '{}';
    END IF;
    FOR i IN 1 .. cardinality(lanes_apart) LOOP
        CONTINUE WHEN counts[i] = 0;
        the_lane := lanes[i];
        batch := ids[place : place + counts[i] - 1];
        place := place + counts[i];
        first := batch[1];
        last := batch[cardinality(batch)];
        -- A lane at a time, by its range and its ids: nothing is left to be planned, whatever the statistics say.
        IF keep THEN
            WITH gone AS (
                DELETE FROM leat_internal.outbox o
                 WHERE o.lane = the_lane AND o.id BETWEEN first AND last AND o.id = ANY (batch)
                RETURNING o.*
            )
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.fault
              FROM gone g;
        ELSE
            DELETE FROM leat_internal.outbox o
             WHERE o.lane = the_lane AND o.id BETWEEN first AND last AND o.id = ANY (batch);
        END IF;
        GET DIAGNOSTICS part = ROW_COUNT;
        settled := settled + part;
    END LOOP;
    IF cardinality(released) > 0 THEN
        WITH gone AS (
            DELETE FROM leat_internal.quarantine q
             WHERE q.id = ANY (released) AND q.state = 'retry' AND q.lane = ANY (lanes)
            RETURNING q.*
        ), kept AS (
            INSERT INTO leat_internal.sent (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, fault)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.fault
              FROM gone g WHERE keep
        )
        SELECT count(*) INTO part FROM gone;
        settled := settled + part;
    END IF;
    RETURN settled;
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
            )
            INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                                  partition_key, key, before, after, context, db_user, application, stream,
                                                  fault, state, reason)
            SELECT g.id, g.lane, g.op, g.held, g.may_pass, g.captured_at, g.xid, g.schema_name, g.table_name, g.type,
                   g.partition_key, g.key, g.before, g.after, g.context, g.db_user, g.application, g.stream, g.fault,
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
REVOKE ALL ON FUNCTION leat_poller.settle(boolean, smallint[], integer[], bigint[], bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.set_aside(smallint[], bigint[], text[], text[], boolean[]) FROM PUBLIC;

-- What a poller notes for others: that it lives, and its figures. For fairness and for people only; but leat status reads them, so what is
-- noted is checked (leat_internal.poller, tally, shard_use), and a row can be changed by the role alone that wrote it.
--
-- leat_poller.heartbeat(poller, host, pid, version): says that a poller lives, and forgets those that have been gone for a minute.
-- leat_poller.deregister(poller): takes a poller off the list, and its figures of shards.
-- leat_poller.note_counts(poller, schemas, tables, ops, settled): adds to what the poller has settled.
-- leat_poller.fold_counts(poller): adds the counts of pollers that are gone to the rows of poller 00000000-0000-0000-0000-000000000000.
-- leat_poller.note_shards(poller, seconds, streams, shards, records, bytes, refused): what each shard took over the last so many seconds, and
-- refused; forgets what nobody has written for half a minute.
-- leat_poller.catalog_changes(): a number that changes when the catalog does so that a look at attached tables may find something, for pollers
-- to know when to call leat_poller.refresh. Tables that come and go count only where that updates a row or touches a constraint: no DDL
-- that Leat has to see leaves all of the others alone. Counted by the statistics, so it follows within seconds, and not before
-- PostgreSQL 15, where to ask often would be dear: always 0.
--
-- poller    drawn anew at each start of one
-- Returns:  heartbeat: how many other pollers were seen within five seconds by the database's clock
-- Tables:   write leat_internal.poller, tally, shard_use
-- Errors:   check_violation, not_null_violation for what cannot be; insufficient_privilege for a poller of another role
-- leat_internal.limit_figures(what, rows, most): an error when there are more rows of figures than any real poller writes.
CREATE OR REPLACE FUNCTION leat_internal.limit_figures(what text, rows bigint, most bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF rows >= most THEN
        RAISE EXCEPTION 'leat_poller: there are % % noted already, and % are the most', rows, what, most
            USING ERRCODE = 'program_limit_exceeded', HINT = 'The owner can delete from leat_internal.poller, tally and shard_use.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.heartbeat(poller uuid, host text, pid bigint, version text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM leat_internal.limit_figures('pollers', (SELECT count(*) FROM leat_internal.poller p
                                            WHERE p.role = session_user AND p.poller <> heartbeat.poller), 1000);
    INSERT INTO leat_internal.poller AS p (poller, role, host, pid, version)
    VALUES (heartbeat.poller, session_user, left(heartbeat.host, 255), heartbeat.pid, left(heartbeat.version, 100))
    ON CONFLICT (poller) DO UPDATE SET seen_at = now() WHERE p.role = session_user;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'leat_poller.heartbeat: poller % is of another role', heartbeat.poller USING ERRCODE = 'insufficient_privilege',
            HINT = 'A poller draws its id at each start.';
    END IF;
    -- Who will have been seen in the future was seen before the clock was set back.
    DELETE FROM leat_internal.poller p
     WHERE p.poller <> heartbeat.poller AND p.seen_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute';
    RETURN (SELECT count(*) FROM leat_internal.poller p
             WHERE p.poller <> heartbeat.poller AND p.seen_at BETWEEN now() - interval '5 seconds' AND now() + interval '5 seconds');
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.deregister(poller uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        DELETE FROM leat_internal.shard_use s WHERE s.poller = deregister.poller AND s.role = session_user;
        DELETE FROM leat_internal.poller p WHERE p.poller = deregister.poller AND p.role = session_user;
    $$;

CREATE OR REPLACE FUNCTION leat_poller.note_counts(poller uuid, schemas text[], tables text[], ops text[], settled bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF coalesce(note_counts.poller, '00000000-0000-0000-0000-000000000000') = '00000000-0000-0000-0000-000000000000'
       OR EXISTS (SELECT FROM leat_internal.poller p WHERE p.poller = note_counts.poller AND p.role <> session_user) THEN
        RAISE EXCEPTION 'leat_poller.note_counts: poller % is of another role', coalesce(note_counts.poller::text, 'null')
            USING ERRCODE = 'insufficient_privilege', HINT = 'A poller draws its id at each start.';
    END IF;
    PERFORM leat_internal.limit_figures('counted tables', (SELECT count(*) FROM leat_internal.tally t) + cardinality(note_counts.ops), 100000);
    IF EXISTS (SELECT FROM unnest(note_counts.settled) AS s WHERE s < 0) THEN
        RAISE EXCEPTION 'leat_poller.note_counts: a count is negative' USING ERRCODE = 'check_violation',
            HINT = 'Counts are of events that were settled since the last call.';
    END IF;
    -- In order, so that two who add to the same rows wait for each other and never each for the other.
    INSERT INTO leat_internal.tally AS t (poller, schema_name, table_name, op, settled)
    SELECT note_counts.poller, coalesce(d.schema_name, ''), coalesce(d.table_name, ''), d.op::"char", sum(d.settled)::bigint
      FROM unnest(note_counts.schemas, note_counts.tables, note_counts.ops, note_counts.settled)
           AS d (schema_name, table_name, op, settled)
     GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT (poller, schema_name, table_name, op) DO UPDATE SET settled = t.settled + excluded.settled;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.fold_counts(poller uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH gone AS (
            DELETE FROM leat_internal.tally t
             WHERE t.poller NOT IN ('00000000-0000-0000-0000-000000000000', fold_counts.poller)
               AND NOT EXISTS (SELECT FROM leat_internal.poller p WHERE p.poller = t.poller)
            RETURNING t.schema_name, t.table_name, t.op, t.settled
        )
        INSERT INTO leat_internal.tally AS t (poller, schema_name, table_name, op, settled)
        SELECT '00000000-0000-0000-0000-000000000000', g.schema_name, g.table_name, g.op,
               least(sum(g.settled), 1000000000000000)::bigint
          FROM gone g GROUP BY g.schema_name, g.table_name, g.op ORDER BY g.schema_name, g.table_name, g.op
        ON CONFLICT (poller, schema_name, table_name, op) DO UPDATE
           SET settled = least(t.settled + excluded.settled, 1000000000000000)
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
     WHERE s.measured_at NOT BETWEEN clock_timestamp() - interval '30 seconds' AND clock_timestamp() + interval '30 seconds';
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.catalog_changes() RETURNS bigint
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

REVOKE ALL ON FUNCTION leat_internal.limit_figures(text, bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.heartbeat(uuid, text, bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.deregister(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_counts(uuid, text[], text[], text[], bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.fold_counts(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_shards(uuid, double precision, text[], text[], bigint[], bigint[], bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.catalog_changes() FROM PUBLIC;

-- leat_poller.rotate_sent(keep): looks after the partitions of leat_internal.sent: makes those for now and for what comes next, and drops
-- those that hold nothing younger than they are kept.
--
-- A partition holds a UTC day; an hour when keep is under two days, for at most one partition's length more than keep is
-- kept. Rows that arrive where no partition is yet lie in sent_default and are deleted when they are older than it is kept;
-- while it holds rows of a day, that day gets no partition of its own. A partition is kept for the longest time that was asked for while it
-- was there and not yet over: to ask for less later does not shorten it, so that a poller cannot erase what another was to keep. Several
-- pollers may call this at once: one does it. What cannot be locked within 100 ms is left for the next time.
--
-- keep      how long settled events are kept, from a minute to ten years
-- Returns:  how many partitions were made or dropped
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
            -- Attached rather than created in place: that takes no lock which stops inserts into leat_internal.sent.
            EXECUTE format('CREATE TABLE leat_internal.%I (LIKE leat_internal.sent INCLUDING DEFAULTS)', name);
            EXECUTE format('ALTER TABLE leat_internal.%I REPLICA IDENTITY FULL', name);
            EXECUTE format('ALTER TABLE leat_internal.sent ATTACH PARTITION leat_internal.%I FOR VALUES FROM (%L) TO (%L)', name,
                           first, first + step);
            PERFORM leat_internal.keep_rights(to_regclass('leat_internal.' || name));
            INSERT INTO leat_internal.sent_period (partition, keep) VALUES (name, keep)
            ON CONFLICT (partition) DO UPDATE SET keep = excluded.keep;
            changed := changed + 1;
        EXCEPTION
            WHEN invalid_object_definition THEN NULL;  -- a day's partition covers this hour, or the other way round
            WHEN check_violation THEN NULL;            -- the default partition has rows of it
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

-- leat_poller.table_faults(): what somebody has done to Leat's own tables that Leat cannot work with, or that runs somebody's code with the
-- rights of Leat's owner; and what is missing in them. Settings that people make for all tables of a database reach Leat's too.
--
-- leat_internal.covering(relation): the publications by which updates or deletes of the table are published.
--
-- Returns:  severe: whether events may be lost, refused or not published, or somebody's code runs; fault; remedy. No row when all is well.
--           Tables with the same fault are named in one row
-- Tables:   the catalog; counts leat_internal.lane, history, mutex, sent_period, attachment, granted
-- Errors:   none
-- By pg_publication for those FOR ALL TABLES: where a partitioned table's root stands for it, the view names no partition.
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
             -- By name: before PostgreSQL 15 the view has neither.
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
