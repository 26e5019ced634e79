-- leat_internal.timeline(): which history of the database this is: the system identifier, and the timeline that WAL is written on. A
-- promotion and a recovery to a point in time begin a new timeline; a restored dump has another system identifier.
--
-- Returns:  such as 7571862054139891712/00000002; null where the server does not tell, as some services do not
-- Tables:   gives the first history its timeline; the function itself reads none
-- Errors:   read_only_sql_transaction on a standby, whose timeline is not decided
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.timeline() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'leat_internal.timeline: this is a standby' USING ERRCODE = 'read_only_sql_transaction',
            HINT = 'Connect to the primary.';
    END IF;
    -- Some releases read the control file without its lock, and fail if it is just being written.
    FOR attempt IN 1..3 LOOP
        BEGIN
            RETURN (SELECT system_identifier::text FROM pg_control_system())
                   || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.timeline() FROM PUBLIC;

UPDATE leat_internal.history SET timeline = leat_internal.timeline() WHERE history = 1 AND timeline IS NULL AND mark = 0;
