-- leat_internal.check_route(who, stream, on_quarantine): raises a clear error for a stream or a verdict that cannot be meant.
-- leat_internal.attnums(relation, names): the attnums of columns, in the order of their names; 0 for one that is not there.
--
-- who       the function that asks, for the message
-- stream    null, a stream's name, or its ARN
-- Returns:  check_route: nothing
-- Tables:   none; pg_attribute
-- Errors:   invalid_parameter_value
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.check_route(who text, stream text, on_quarantine text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF stream !~ '^([a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128})$' THEN
        RAISE EXCEPTION '%: "%" is neither the name of a stream nor its ARN', who, stream
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'A name has 1 to 128 of a-z, A-Z, 0-9, _, . and -; an ARN reads arn:aws:kinesis:region:account:stream/name.';
    END IF;
    IF on_quarantine IS NULL OR on_quarantine NOT IN ('wait', 'pass') THEN
        RAISE EXCEPTION '%: on_quarantine is "%"', who, coalesce(on_quarantine, 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'wait: later events of the key wait for a person (the default). pass: they go on, out of order.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.attnums(relation regclass, names text[]) RETURNS smallint[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(coalesce((SELECT a.attnum FROM pg_attribute a
                                             WHERE a.attrelid = attnums.relation AND a.attname = n.name AND a.attnum > 0
                                               AND NOT a.attisdropped), 0::smallint) ORDER BY n.place), '{}')
          FROM unnest(names) WITH ORDINALITY AS n (name, place)
    $$;

REVOKE ALL ON FUNCTION leat_internal.check_route(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.attnums(regclass, text[]) FROM PUBLIC;
