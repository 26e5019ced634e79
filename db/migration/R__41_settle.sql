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
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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
    AS $$
#variable_conflict use_column
DECLARE
    place   integer := 1;
    the_lane smallint;
    batch    bigint[];
    first   bigint;
    last    bigint;
    part    integer;
    settled integer := 0;
BEGIN
    PERFORM leat_internal.hold_lanes(lanes);
    FOR i IN 1 .. cardinality(lanes) LOOP
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
