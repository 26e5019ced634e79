-- leat.publish(key, type, payload, ...): a domain event of the application's own, with no table behind it. It is sent if and
-- only if this transaction commits, in order with the other events of its key.
--
--     SELECT leat.publish('order-42', 'OrderPlaced', '{"total": 12}');
--
-- No row lock orders the writers of one key, so the event is held until every lower id is known to be committed or rolled
-- back. For that reason it must not share a partition key with a table's events, which may not wait: tables' partition
-- keys begin with schema.table (or sha256:), and a key that could be one of those is stored with ~ before it. The key as it
-- was given is always in the event's key, as {"key": ...}.
--
-- key            what the event is about: at least one character; partition key, hashed when longer than 256 characters
-- type           the event's type, at least one character
-- payload        JSON, sent as it is written; may be null
-- stream         a stream's name or ARN; null: the poller's default. One that neither an attached table, nor the poller, nor leat.allow_stream
--                names is not known: the event then goes to quarantine
-- on_quarantine  wait: when this event cannot be sent, later events of its key wait for a person. pass: they go on
-- Returns:  the event's id
-- Tables:   inserts into leat_internal.outbox
-- Errors:   invalid_parameter_value; character_not_in_repertoire where the database's encoding is not UTF-8, and what was
--           given has no form in it
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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
