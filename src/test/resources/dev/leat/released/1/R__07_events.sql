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
    wanted := leat_internal.partition_key(CASE
        WHEN publish.key ~ '^([a-z_][a-z0-9_]*|"([^"]|"")+")[.]([a-z_][a-z0-9_]*|"([^"]|"")+")([.(#]|$)'
             OR starts_with(publish.key, 'sha256:')
        THEN '~' || publish.key ELSE publish.key END);
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
    INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, discarded)
    VALUES (coalesce(event.schema_name, ''), coalesce(event.table_name, ''), event.op, 1);
    released := leat_internal.release_waiting(event.partition_key);
    -- With a writer's lock, so that no poller takes the lane for empty up to that id before this commits.
    LOCK TABLE leat_internal.outbox IN ROW EXCLUSIVE MODE;
    PERFORM nextval('leat_internal.outbox_id_seq');
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat.discard(bigint) FROM PUBLIC;

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
