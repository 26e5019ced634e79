-- leat_internal.readable_names(relid): schema and name of a relation, as of now, each by leat_internal.readable; null for one that is gone.
-- leat_internal.readable(text): a text that every client can read. In a database whose encoding is not UTF-8 a text may hold bytes that
-- have no form in UTF-8, and a poller that met one could read nothing of that lane any more.
--
-- text      as the database holds it
-- Returns:  the same, or, where that is not possible, ASCII with \ooo for each byte above 127 and \\ for \
-- Tables:   none
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.readable(text text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        PERFORM convert_to(text, 'UTF8');
    END IF;
    RETURN text;
EXCEPTION WHEN OTHERS THEN
    RETURN encode(convert_to(text, getdatabaseencoding()::name), 'escape');
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.readable_names(relid oid) RETURNS text[]
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY[leat_internal.readable(names[1]), leat_internal.readable(names[2])]
          FROM (SELECT object_names FROM pg_identify_object_as_address('pg_class'::regclass, relid, 0)) AS o (names)
         WHERE names IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.readable_names(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.readable(text) FROM PUBLIC;
