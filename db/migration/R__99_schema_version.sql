-- leat.schema_version(): which schema this is, for the poller to compare with the one it was built for.
--
-- The last script of all, so that a migration that ended half-way does not look finished.
--
-- Returns:  a whole number that rises with every change an older poller could not work with
-- Tables:   none
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT 1 $$;

REVOKE ALL ON FUNCTION leat.schema_version() FROM PUBLIC;

SELECT leat_internal.restore_rights();
