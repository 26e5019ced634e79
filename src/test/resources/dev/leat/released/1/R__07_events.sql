-- Functions for applications and operators: publish, retry, discard, and the streams that events may name.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat.publish(key, type, payload, ...): writes a domain event, which belongs to no table. It is sent if and only if this transaction commits, in
-- order with the other events of its key.
--
--     SELECT leat.publish('order-42', 'OrderPlaced', '{"total": 12}');
--
-- No row lock orders the writers of one key, so the event is held until every lower id is known to be committed or rolled
-- back. So it must not share a partition key with events of a table, which are not held. Partition keys of tables begin with schema.table (or
-- sha256:), so a key that could be one of these is stored with a preceding ~. The event's key always contains the original key, as {"key": ...}.
--
-- key            the event's subject, at least one character; used as partition key, and hashed if it is longer than 256 characters
-- type           the event's type, at least one character
-- payload        JSON, sent as it is written; may be null
-- stream         a stream's name or ARN; null: the poller's default. One that neither an attached table, nor the poller, nor leat.allow_stream
--                names is not known: the event then goes to quarantine
-- on_quarantine  wait: when this event cannot be sent, later events of its key wait for a person. pass: they go on
-- Returns:  the event's id
-- Tables:   inserts into leat_internal.outbox
-- Errors:   invalid_parameter_value; character_not_in_repertoire if the database's encoding is not UTF-8 and cannot represent an argument
CREATE OR REPLACE FUNCTION leat.publish(
        key text,
        type text,
        payload json,
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait')
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wanted text;
    event  bigint;
BEGIN
    IF coalesce(publish.key, '') = '' THEN
        RAISE EXCEPTION 'leat.publish: the key is empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Events of one key stay in order: name what this one is about, such as ''order-42''.';
    END IF;
    IF coalesce(publish.type, '') = '' THEN
        RAISE EXCEPTION 'leat.publish: the type is empty' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name what happened, such as ''OrderPlaced''.';
    END IF;
    IF getdatabaseencoding() <> 'UTF8' THEN
        PERFORM convert_to(concat(publish.key, publish.type, publish.payload::text), 'UTF8');
    END IF;
    PERFORM leat_internal.check_route('leat.publish', publish.stream, publish.on_quarantine);
    wanted := leat_internal.event_partition(publish.key);
    INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, type, partition_key, key, after, context, db_user,
                             application, stream)
    VALUES (leat_internal.lane_of(wanted), 'm', true, publish.on_quarantine = 'pass', clock_timestamp(),
            pg_current_xact_id()::text::bigint, publish.type, wanted,
            ('{"key":' || to_json(publish.key) || '}')::json, publish.payload,
            leat_internal.readable(nullif(current_setting('leat.context', true), '')),
            leat_internal.readable(coalesce(nullif(current_setting('role'), 'none'), session_user)),
            nullif(current_setting('application_name'), ''), publish.stream)
    RETURNING id INTO event;
    RETURN event;
END
$$;

REVOKE ALL ON FUNCTION leat.publish(text, text, json, text, text) FROM PUBLIC;

-- The same with a payload of another type, because a parameter of JDBC is a text, and PostgreSQL does not cast jsonb to json implicitly.
CREATE OR REPLACE FUNCTION leat.publish(
        key text,
        type text,
        payload text,
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait')
    RETURNS bigint
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat.publish($1, $2, $3::json, $4, $5) $$;

REVOKE ALL ON FUNCTION leat.publish(text, text, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION leat.publish(
        key text,
        type text,
        payload jsonb,
        stream text DEFAULT NULL,
        on_quarantine text DEFAULT 'wait')
    RETURNS bigint
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat.publish($1, $2, $3::json, $4, $5) $$;

REVOKE ALL ON FUNCTION leat.publish(text, text, jsonb, text, text) FROM PUBLIC;

-- leat_internal.quarantine_event(who, id): locks the lane of an event in quarantine and returns its row, for leat.retry and
-- leat.discard.
-- leat_internal.release_waiting(partition_key): releases the waiting events of a key that have no quarantined event before them.
--
-- who       the function that asks, for the message
-- Returns:  the row; how many events were released
-- Tables:   locks leat_internal.lane (FOR UPDATE), reads and updates leat_internal.quarantine
-- Errors:   no_data_found, object_not_in_prerequisite_state
CREATE OR REPLACE FUNCTION leat_internal.quarantine_event(who text, id bigint) RETURNS leat_internal.quarantine
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    event leat_internal.quarantine;
    first bigint;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        -- A snapshot that is older than the lock on the lane does not contain events that a claim has just quarantined. These would wait for ever.
        RAISE EXCEPTION '%: it can only be called in a READ COMMITTED transaction', who
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, and call it again.';
    END IF;
    SELECT q.* INTO event FROM leat_internal.quarantine q WHERE q.id = quarantine_event.id;
    IF FOUND THEN
        PERFORM FROM leat_internal.lane l WHERE l.lane = event.lane FOR UPDATE;
        SELECT q.* INTO event FROM leat_internal.quarantine q WHERE q.id = quarantine_event.id FOR UPDATE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: event % is not in quarantine', who, coalesce(quarantine_event.id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = '`leat quarantine list` shows what is.';
    END IF;
    SELECT min(q.id) INTO first FROM leat_internal.quarantine q
     WHERE q.lane = event.lane AND q.partition_key = event.partition_key AND q.id < event.id AND q.state = 'quarantined';
    IF event.state = 'waiting' THEN
        RAISE EXCEPTION '%: event % waits behind event %', who, event.id, coalesce(first::text, 'an earlier one')
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Decide about that one: this one follows by itself.';
    END IF;
    IF event.state <> 'quarantined' THEN
        RAISE EXCEPTION '%: event % is in state %, decided at % by %', who, event.id, event.state, event.decided_at,
                event.decided_by
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only a quarantined event can be decided about.';
    END IF;
    IF first IS NOT NULL AND NOT event.may_pass THEN
        RAISE EXCEPTION '%: event % of the same key comes before event %', who, first, event.id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Decide about that one first.';
    END IF;
    RETURN event;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.release_waiting(partition_key text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    released integer;
BEGIN
    UPDATE leat_internal.quarantine q SET state = 'retry', decided_at = clock_timestamp(), decided_by = session_user
     WHERE q.partition_key = release_waiting.partition_key AND q.state = 'waiting'
       AND NOT EXISTS (SELECT FROM leat_internal.quarantine e
                        WHERE e.partition_key = q.partition_key AND e.id < q.id AND e.state = 'quarantined');
    GET DIAGNOSTICS released = ROW_COUNT;
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.quarantine_event(text, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.release_waiting(text) FROM PUBLIC;

-- leat.retry(id): sends a quarantined event and the events of its key that waited behind it again, in order.
--
-- It locks the lane's row first, so that no claim of that lane is in progress, and draws an id so that idle pollers claim. Events that wait behind
-- another quarantined event of the key stay in quarantine.
--
-- id        the event
-- Returns:  how many events were released
-- Tables:   locks leat_internal.lane, updates leat_internal.quarantine
-- Errors:   no_data_found for an event that is not in quarantine; object_not_in_prerequisite_state for one that waits,
--           is being retried or was discarded, and outside of READ COMMITTED
CREATE OR REPLACE FUNCTION leat.retry(id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    event    record;
    released integer;
BEGIN
    SELECT e.* INTO event FROM leat_internal.quarantine_event('leat.retry', retry.id) AS e;
    UPDATE leat_internal.quarantine q SET state = 'retry', decided_at = clock_timestamp(), decided_by = session_user
     WHERE q.id = retry.id;
    released := 1 + leat_internal.release_waiting(event.partition_key);
    -- With a writer's lock, so that no poller takes the lane for empty up to that id before this commits.
    LOCK TABLE leat_internal.outbox IN ROW EXCLUSIVE MODE;
    PERFORM nextval('leat_internal.outbox_id_seq');
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat.retry(bigint) FROM PUBLIC;

-- leat.discard(id): gives up a quarantined event and sends the events of its key that waited behind it. The event stays in leat_internal.quarantine,
-- with the time and the role that discarded it, and is counted as discarded.
--
-- id        the event
-- Returns:  how many events were released
-- Tables:   locks leat_internal.lane, updates leat_internal.quarantine, inserts into leat_internal.counter_delta
-- Errors:   no_data_found for an event that is not in quarantine; object_not_in_prerequisite_state for one that waits,
--           is being retried or was discarded, and outside of READ COMMITTED
CREATE OR REPLACE FUNCTION leat.discard(id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    event    record;
    released integer;
BEGIN
    SELECT e.* INTO event FROM leat_internal.quarantine_event('leat.discard', discard.id) AS e;
    UPDATE leat_internal.quarantine q SET state = 'discarded', decided_at = clock_timestamp(), decided_by = session_user
     WHERE q.id = discard.id;
    -- What was to be sent again was counted when it was sent first.
    INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, discarded)
    SELECT coalesce(event.schema_name, ''), coalesce(event.table_name, ''), event.op, 1 WHERE event.replay IS NULL;
    released := leat_internal.release_waiting(event.partition_key);
    -- With a writer's lock, so that no poller takes the lane for empty up to that id before this commits.
    LOCK TABLE leat_internal.outbox IN ROW EXCLUSIVE MODE;
    PERFORM nextval('leat_internal.outbox_id_seq');
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat.discard(bigint) FROM PUBLIC;

-- leat.replay(tables, key, since, until, stream, dry_run): sends kept events again (leat run --retain), in the order of their ids, and marks
-- them as replayed. Their ids stay the same. From the end of this transaction on, any poller sends them, beside new events.
-- leat.cancel_replay(): ends the replay that is running; what it has not sent yet is not sent.
--
-- The events are copied into leat_internal.replay_event, so that later the kept ones may be dropped. Events with a doubtful id
-- (leat_internal.move_past_gap), and events whose replay is in quarantine, are not among them.
--
--     SELECT * FROM leat.replay('{public.orders}', since => '2026-01-02 10:00Z', dry_run => true);
--     SELECT * FROM leat.replay(key => 'public.orders.42', stream => 'repair');
--
-- tables    tables by schema and name, as SQL writes them; tables that were dropped may be named too. Empty: all, and domain events
-- key       only this partition key
-- since, until   only events that were captured from since on, and before until (captured_at, in the envelope source.ts_us)
-- stream    a stream's name or its ARN; null: that of each event
-- dry_run   only count
-- Returns:  replay: its number, null if there are no such events, or they were only counted; events: how many; first, last: when they were captured
-- Tables:   reads leat_internal.sent; writes leat_internal.replay, leat_internal.replay_event. cancel_replay locks leat_internal.lane and
--           deletes from leat_internal.quarantine
-- Errors:   invalid_parameter_value; undefined_table for a table that does not exist and has no kept event; object_not_in_prerequisite_state if
--           nothing is kept, or another replay is running; lock_not_available
CREATE OR REPLACE FUNCTION leat.replay(
        tables text[] DEFAULT '{}',
        key text DEFAULT NULL,
        since timestamptz DEFAULT NULL,
        until timestamptz DEFAULT NULL,
        stream text DEFAULT NULL,
        dry_run boolean DEFAULT false,
        OUT replay integer,
        OUT events bigint,
        OUT first timestamptz,
        OUT last timestamptz)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    began   timestamptz := clock_timestamp();
    former  text := current_setting('lock_timeout');
    name    text;
    parts   text[];
    schemas text[] := '{}';
    names   text[] := '{}';
    present integer;
BEGIN
    IF replay.tables IS NULL OR replay.dry_run IS NULL THEN
        RAISE EXCEPTION 'leat.replay: tables and dry_run may not be null' USING ERRCODE = 'null_value_not_allowed',
            HINT = 'Leave them out for all tables, and for a replay.';
    END IF;
    IF replay.since >= replay.until THEN
        RAISE EXCEPTION 'leat.replay: the times from % until % contain none', replay.since, replay.until
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The first time must be before the second one.';
    END IF;
    PERFORM leat_internal.check_route('leat.replay', replay.stream, 'wait');
    IF NOT EXISTS (SELECT FROM leat_internal.sent) THEN
        RAISE EXCEPTION 'leat.replay: no event is kept that could be sent again' USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Pollers keep what they publish from now on if they run with --retain, such as --retain 7d. To send rows as they are now: leat load.';
    END IF;
    FOREACH name IN ARRAY replay.tables LOOP
        BEGIN
            parts := parse_ident(name);
        EXCEPTION WHEN invalid_parameter_value THEN
            parts := '{}';
        END;
        IF cardinality(parts) IS DISTINCT FROM 2 THEN
            RAISE EXCEPTION 'leat.replay: % is no table with its schema', coalesce(name, 'null') USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Name it as SQL does, such as public.orders or public."Orders".';
        END IF;
        IF to_regclass(name) IS NULL
           AND NOT EXISTS (SELECT FROM leat_internal.sent s WHERE s.schema_name = parts[1] AND s.table_name = parts[2]) THEN
            RAISE EXCEPTION 'leat.replay: there is no table %, and no kept event of one', name USING ERRCODE = 'undefined_table',
                HINT = 'Name it as SQL does: names with capitals stand in double quotes.';
        END IF;
        schemas := schemas || leat_internal.readable(parts[1]);
        names := names || leat_internal.readable(parts[2]);
    END LOOP;
    IF replay.dry_run THEN
        -- The same condition as below: a function would write all of the events into a temporary file.
        SELECT count(DISTINCT s.id), min(s.captured_at), max(s.captured_at) INTO events, first, last
          FROM leat_internal.sent s
         WHERE (cardinality(names) = 0
                OR EXISTS (SELECT FROM unnest(schemas, names) AS t (schema_name, table_name)
                            WHERE t.schema_name = s.schema_name AND t.table_name = s.table_name))
           AND (replay.key IS NULL OR s.partition_key = replay.key)
           AND (replay.since IS NULL OR s.captured_at >= replay.since)
           AND (replay.until IS NULL OR s.captured_at < replay.until)
           AND NOT EXISTS (SELECT FROM leat_internal.history h WHERE s.id > h.mark AND s.id <= h.moved_to)
           AND NOT EXISTS (SELECT FROM leat_internal.quarantine q WHERE q.id = s.id);
        RETURN;
    END IF;
    PERFORM leat_internal.wait_until(began + leat_internal.patience());
    BEGIN
        -- Claims read leat_internal.replay, so not against readers.
        LOCK TABLE leat_internal.replay IN SHARE ROW EXCLUSIVE MODE;
        SELECT r.replay INTO present FROM leat_internal.replay r WHERE r.state = 'running';
        IF FOUND THEN
            RAISE EXCEPTION 'leat.replay: replay % is running', present USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Wait for it to finish (SELECT * FROM leat_poller.replay), or cancel it: leat replay cancel.';
        END IF;
        TRUNCATE leat_internal.replay_event;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.raise_own_busy('leat.replay', 'the table of replays', began);
    END;
    PERFORM set_config('lock_timeout', former, true);
    INSERT INTO leat_internal.replay_event (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type,
                                            partition_key, key, before, after, context, db_user, application, stream, format, fault)
    -- Without holding up later events of its key: they were sent long ago, and new ones must not wait.
    SELECT s.id, s.lane, s.op, s.held, true, s.captured_at, s.xid, s.schema_name, s.table_name, s.type, s.partition_key, s.key,
           s.before, s.after, s.context, s.db_user, s.application, coalesce(replay.stream, s.stream), s.format, s.fault
      FROM leat_internal.sent s
     WHERE (cardinality(names) = 0
            OR EXISTS (SELECT FROM unnest(schemas, names) AS t (schema_name, table_name)
                        WHERE t.schema_name = s.schema_name AND t.table_name = s.table_name))
       AND (replay.key IS NULL OR s.partition_key = replay.key)
       AND (replay.since IS NULL OR s.captured_at >= replay.since)
       AND (replay.until IS NULL OR s.captured_at < replay.until)
       AND NOT EXISTS (SELECT FROM leat_internal.history h WHERE s.id > h.mark AND s.id <= h.moved_to)
       AND NOT EXISTS (SELECT FROM leat_internal.quarantine q WHERE q.id = s.id)
     ORDER BY s.id
        ON CONFLICT (id) DO NOTHING;
    SELECT count(*), min(e.captured_at), max(e.captured_at) INTO events, first, last FROM leat_internal.replay_event e;
    IF events > 0 THEN
        DELETE FROM leat_internal.replay r WHERE r.ended_at < clock_timestamp() - interval '30 days';
        INSERT INTO leat_internal.replay AS r (tables, key, since, until, stream, events)
        VALUES (replay.tables, replay.key, replay.since, replay.until, replay.stream, replay.events)
        RETURNING r.replay INTO replay;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat.cancel_replay() RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    former text := current_setting('lock_timeout');
    number integer;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'leat.cancel_replay: it can only be called in a READ COMMITTED transaction'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, and call it again.';
    END IF;
    SELECT r.replay INTO number FROM leat_internal.replay r WHERE r.state = 'running' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'leat.cancel_replay: no replay is running' USING ERRCODE = 'undefined_object',
            HINT = 'SELECT * FROM leat_poller.replay lists the replays.';
    END IF;
    -- A claim that is in progress sends what it has read, and counts it when it settles.
    PERFORM leat_internal.lock_lanes('leat.cancel_replay', ARRAY(SELECT DISTINCT q.lane FROM leat_internal.quarantine q
                                                                  WHERE q.replay = number AND q.state IN ('retry', 'waiting')));
    PERFORM set_config('lock_timeout', former, true);
    WITH gone AS (
        DELETE FROM leat_internal.quarantine q WHERE q.replay = number AND q.state IN ('retry', 'waiting') RETURNING 1
    )
    UPDATE leat_internal.replay r
       SET state = 'cancelled', ended_at = clock_timestamp(), skipped = r.skipped + (SELECT count(*) FROM gone)
     WHERE r.replay = number;
    RETURN number;
END
$$;

REVOKE ALL ON FUNCTION leat.replay(text[], text, timestamptz, timestamptz, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.cancel_replay() FROM PUBLIC;

-- leat_poller.replay_chunk(): moves the next events of the replay that is running to where claims find them, if few of its events are there.
--
-- They lie in leat_internal.quarantine with the state retry, as events that a person has released. A claim reads them beside the new events of
-- their lanes. Only a few hundred are there at a time, so a claim has room for new events, whatever the size of the replay.
--
-- Returns:  number: the replay, null if none is running or another poller is at it; added: how many events were moved; again: in how many
--           seconds the next call is due; null: no replay is running; said: that it has finished
-- Tables:   leat_internal.replay_event; locks and updates leat_internal.replay, writes leat_internal.quarantine, locks leat_internal.outbox
-- Errors:   lock_not_available
CREATE OR REPLACE FUNCTION leat_poller.replay_chunk(OUT number integer, OUT added bigint, OUT again double precision, OUT said text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '1s'
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    AS $$
#variable_conflict use_column
DECLARE
    most_events CONSTANT integer := 500;
    most_bytes  CONSTANT bigint := 2097152;
    work        leat_internal.replay;
    there       record;
    taken       record;
BEGIN
    SELECT r.* INTO work FROM leat_internal.replay r WHERE r.state = 'running' FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        again := (SELECT 0.1 FROM leat_internal.replay r WHERE r.state = 'running');
        RETURN;
    END IF;
    number := work.replay;
    added := 0;
    again := 0.02;
    -- octet_length knows the size of a value without fetching it.
    SELECT count(*) AS events, coalesce(sum(coalesce(octet_length(q.before::text), 0) + coalesce(octet_length(q.after::text), 0)), 0) AS bytes INTO there
      FROM leat_internal.quarantine q WHERE q.replay = work.replay AND q.state = 'retry';
    IF there.events >= most_events OR there.bytes >= most_bytes THEN
        RETURN;
    END IF;
    -- With a writer's lock, so that no poller takes the lanes for empty up to the id that is drawn before this commits.
    LOCK TABLE leat_internal.outbox IN ROW EXCLUSIVE MODE;
    WITH next AS MATERIALIZED (
        SELECT n.*
          FROM (SELECT e.*, sum(coalesce(octet_length(e.before::text), 0) + coalesce(octet_length(e.after::text), 0))
                            OVER (ORDER BY e.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
                  FROM (SELECT e.* FROM leat_internal.replay_event e WHERE e.id > work.bound ORDER BY e.id LIMIT most_events) AS e) AS n
         WHERE coalesce(n.bytes_before, 0) < most_bytes
    ), moved AS (
        INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type, partition_key,
                                              key, before, after, context, db_user, application, stream, format, fault, state, reason, replay)
        SELECT n.id, n.lane, n.op, n.held, n.may_pass, n.captured_at, n.xid, n.schema_name, n.table_name, n.type, n.partition_key,
               n.key, n.before, n.after, n.context, n.db_user, n.application, n.stream, n.format, n.fault, 'retry', 'it is sent again by leat.replay',
               work.replay
          FROM next AS n
         WHERE NOT EXISTS (SELECT FROM leat_internal.history h WHERE n.id > h.mark AND n.id <= h.moved_to)
         ORDER BY n.id
            ON CONFLICT (id) DO NOTHING
        RETURNING 1
    )
    SELECT max(n.id) AS bound, count(*) AS events, (SELECT count(*) FROM moved) AS moved INTO taken FROM next AS n;
    IF taken.events > 0 THEN
        PERFORM nextval('leat_internal.outbox_id_seq');
        UPDATE leat_internal.replay r
           SET bound = taken.bound, queued = r.queued + taken.events, skipped = r.skipped + taken.events - taken.moved
         WHERE r.replay = work.replay;
        added := taken.moved;
    ELSIF there.events = 0 THEN
        UPDATE leat_internal.replay r SET state = 'finished', ended_at = clock_timestamp() WHERE r.replay = work.replay;
        again := NULL;
        said := format('replay %s has finished: %s events', work.replay, work.queued - work.skipped);
        BEGIN
            -- A backup may read it. The next replay empties it in any case.
            TRUNCATE leat_internal.replay_event;
        EXCEPTION WHEN lock_not_available THEN
            NULL;
        END;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.replay_chunk() FROM PUBLIC;

-- leat.allow_stream(stream): allows domain events (leat.publish) to name a stream that no attached table names.
-- leat.forbid_stream(stream): revokes that. Later events that name the stream go to quarantine.
--
-- A poller keeps state for each stream and retries requests to streams that fail. So publishers must not be able to invent names. An event that names
-- another stream than the poller's own, an attached table's or an allowed one goes to quarantine, and
-- can be retried once its stream is allowed.
--
-- stream    a stream's name or ARN
-- Returns: whether anything was changed
-- Tables:   leat_internal.stream
-- Errors:   invalid_parameter_value; lock_not_available after five seconds
CREATE OR REPLACE FUNCTION leat.allow_stream(stream text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
    AS $$
#variable_conflict use_column
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    IF allow_stream.stream IS NULL THEN
        RAISE EXCEPTION 'leat.allow_stream: the stream is null' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name it, by its name or its ARN.';
    END IF;
    PERFORM leat_internal.check_route('leat.allow_stream', allow_stream.stream, 'wait');
    INSERT INTO leat_internal.stream (stream) VALUES (allow_stream.stream) ON CONFLICT (stream) DO NOTHING;
    RETURN FOUND;
EXCEPTION WHEN lock_not_available THEN
    PERFORM leat_internal.raise_own_busy('leat.allow_stream', 'the stream''s row', began);
END
$$;

CREATE OR REPLACE FUNCTION leat.forbid_stream(stream text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
    AS $$
#variable_conflict use_column
DECLARE
    began timestamptz := clock_timestamp();
BEGIN
    DELETE FROM leat_internal.stream s WHERE s.stream = forbid_stream.stream;
    RETURN FOUND;
EXCEPTION WHEN lock_not_available THEN
    PERFORM leat_internal.raise_own_busy('leat.forbid_stream', 'the stream''s row', began);
END
$$;

REVOKE ALL ON FUNCTION leat.allow_stream(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.forbid_stream(text) FROM PUBLIC;
