-- leat.allow_stream(stream): lets domain events (leat.publish) name a stream that no attached table names.
-- leat.forbid_stream(stream): takes that back. Events that name it go to quarantine from then on.
--
-- A poller keeps some state for each stream that it sends to, and each that fails costs it a request now and then: so whoever may publish may
-- not invent names. An event that names another stream than the poller's own, an attached table's or an allowed one goes to quarantine, and
-- can be retried once its stream is allowed.
--
-- stream    a stream's name or ARN
-- Returns:  whether that was news
-- Tables:   leat_internal.stream
-- Errors:   invalid_parameter_value; lock_not_available after five seconds
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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
    PERFORM leat_internal.ours_busy('leat.allow_stream', 'the stream''s row', began);
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
    PERFORM leat_internal.ours_busy('leat.forbid_stream', 'the stream''s row', began);
END
$$;

REVOKE ALL ON FUNCTION leat.allow_stream(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.forbid_stream(text) FROM PUBLIC;
