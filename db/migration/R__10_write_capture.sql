-- leat.write_capture(attachment): writes an attachment's trigger function, unless it is there and as it should be.
--
-- The function runs with the rights of the role that owns the schema leat, whoever attaches: writers then need no right on
-- Leat's tables. Its settings make the text of a key the same in every session.
--
-- attachment  leat.attachment.attachment
-- Returns:  whether there was something to write
-- Tables:   leat.attachment, pg_proc
-- Errors:   insufficient_privilege when the caller may not act for the owner of the schema leat
CREATE OR REPLACE FUNCTION leat.write_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name   text := 'capture_' || attachment;
    source text := leat.capture_source(attachment);
    owner  text;
BEGIN
    IF EXISTS (SELECT FROM pg_proc p
                WHERE p.pronamespace = 'leat'::regnamespace AND p.proname = name AND p.prosrc = source) THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION leat.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER'
        ' SET search_path = pg_catalog, pg_temp SET "TimeZone" = ''UTC'' SET "DateStyle" = ''ISO, YMD'''
        ' SET "IntervalStyle" = ''postgres'' SET lc_monetary = ''C'' SET extra_float_digits = 1 SET bytea_output = ''hex'''
        ' SET quote_all_identifiers = off AS %L',
        name, source);
    EXECUTE format('REVOKE ALL ON FUNCTION leat.%I() FROM PUBLIC', name);
    SELECT pg_get_userbyid(n.nspowner) INTO owner FROM pg_namespace n WHERE n.nspname = 'leat';
    IF owner <> (SELECT pg_get_userbyid(p.proowner) FROM pg_proc p
                  WHERE p.pronamespace = 'leat'::regnamespace AND p.proname = name) THEN
        EXECUTE format('ALTER FUNCTION leat.%I() OWNER TO %I', name, owner);
    END IF;
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION leat.write_capture(integer) FROM PUBLIC;
