-- leat_internal.owner(): the role that owns Leat. Everything of Leat's belongs to it; nothing is given to the owner of a schema that is not.
-- leat_internal.capture_settings(): the settings of every capture function. They make the text of a key the same in every session.
-- leat_internal.capture_fault(attachment): what is wrong with an attachment's function: missing, changed, or stale (older than the table's
-- shape); null when nothing is.
-- leat_internal.write_capture(attachment): writes an attachment's trigger function, unless it is there and as it should be.
-- leat_internal.function_busy(who, attachment, since): the error that it could not be written or dropped, or its attachment noted, since that time.
--
-- The function runs with the rights of Leat's owner, whoever attaches: writers then need no right on Leat's tables. Everybody may execute it:
-- PostgreSQL asks that of whoever creates or attaches a partition, which then gets the trigger. Nobody but the owner can name it in a
-- trigger of another table, for that takes USAGE on its schema, and there it would capture nothing (leat_internal.shape, guard).
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  write_capture: whether there was something to write
-- Tables:   leat_internal.attachment, pg_proc
-- Errors:   insufficient_privilege when the caller may not act for Leat's owner; object_not_in_prerequisite_state when Leat's schemas and
--           tables belong to different roles
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.owner() RETURNS name
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner oid := (SELECT c.relowner FROM pg_class c WHERE c.oid = 'leat_internal.outbox'::regclass);
    other record;
BEGIN
    SELECT n.nspname, pg_get_userbyid(n.nspowner) AS owner INTO other
      FROM pg_namespace n WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal') AND n.nspowner <> owner
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the schema % belongs to %, and Leat''s tables to %', other.nspname, other.owner, pg_get_userbyid(owner)
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('All of Leat must belong to one role: ALTER SCHEMA %I OWNER TO %I.', other.nspname,
                                pg_get_userbyid(owner));
    END IF;
    RETURN pg_get_userbyid(owner);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.capture_settings() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY['search_path=pg_catalog, pg_temp', 'TimeZone=UTC', 'DateStyle=ISO, YMD', 'IntervalStyle=postgres',
                     'lc_monetary=C', 'extra_float_digits=1', 'bytea_output=hex', 'array_nulls=on', 'quote_all_identifiers=off']
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_fault(attachment integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN p.oid IS NULL THEN 'missing'
                    WHEN NOT p.prosecdef OR l.lanname <> 'plpgsql' OR pg_get_userbyid(p.proowner) <> leat_internal.owner()
                         OR p.proconfig IS DISTINCT FROM leat_internal.capture_settings()
                         OR NOT has_function_privilege('public', p.oid, 'EXECUTE') THEN 'changed'
                    WHEN p.prosrc IS DISTINCT FROM leat_internal.capture_source(capture_fault.attachment)
                    THEN CASE WHEN p.prosrc = a.source THEN 'stale' ELSE 'changed' END
               END
          FROM leat_internal.attachment a
          LEFT JOIN pg_proc p ON p.pronamespace = 'leat_internal'::regnamespace AND p.proname = 'capture_' || a.attachment
                                 AND p.pronargs = 0
          LEFT JOIN pg_language l ON l.oid = p.prolang
         WHERE a.attachment = capture_fault.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.write_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    name    text := 'capture_' || attachment;
    code    text;
    setting text;
BEGIN
    IF leat_internal.capture_fault(attachment) IS NULL THEN
        RETURN false;
    END IF;
    code := leat_internal.capture_source(attachment);
    EXECUTE format('CREATE OR REPLACE FUNCTION leat_internal.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER %s AS %L', name,
                   (SELECT string_agg(format('SET %I = %s', split_part(s, '=', 1),
                                             -- A list of names is not one name.
                                             CASE WHEN s LIKE 'search_path=%' THEN split_part(s, '=', 2)
                                                  ELSE quote_literal(split_part(s, '=', 2)) END), ' ')
                      FROM unnest(leat_internal.capture_settings()) AS s),
                   code);
    EXECUTE format('ALTER FUNCTION leat_internal.%I() OWNER TO %I', name, leat_internal.owner());
    EXECUTE format('REVOKE ALL ON FUNCTION leat_internal.%I() FROM PUBLIC', name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION leat_internal.%I() TO PUBLIC', name);
    UPDATE leat_internal.attachment a SET source = code WHERE a.attachment = write_capture.attachment;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.function_busy(who text, attachment integer, since timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    name text := 'capture_' || function_busy.attachment;
BEGIN
    PERFORM leat_internal.busy(
        who, 'the function leat_internal.' || name || '()', since,
        leat_internal.holders(
            '{}', ARRAY(SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = name),
            ARRAY(SELECT p.xmax FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = name
                  UNION
                  SELECT a.xmax FROM leat_internal.attachment a WHERE a.attachment = function_busy.attachment
                  UNION
                  SELECT s.xmax FROM leat_internal.attachment_state s WHERE s.attachment = function_busy.attachment)));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.owner() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_settings() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_fault(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.write_capture(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.function_busy(text, integer, timestamptz) FROM PUBLIC;
