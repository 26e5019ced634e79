-- leat_internal.orphans(): capture functions whose attachment is gone, as after TRUNCATE of all tables, and in a database that was made from a
-- dump without data; and the tables whose triggers still call them. Such a table is captured as it was attached, as long as its shape stays.
-- leat_internal.pass_orphans(): sees to it that the next attachment's number is no orphan's: it would take that one's function away.
--
-- Returns:  orphans: function; relation, null where no trigger calls it. Of a partitioned table not its partitions
-- Tables:   leat_internal.attachment, the catalog; pass_orphans sets the sequence of leat_internal.attachment
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.orphans() RETURNS TABLE (function oid, relation oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT DISTINCT p.oid, t.tgrelid
          FROM pg_proc p
          LEFT JOIN pg_trigger t ON t.tgfoid = p.oid AND t.tgparentid = 0
         WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]+$' AND p.pronargs = 0
           AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE 'capture_' || a.attachment = p.proname::text)
    $$;

CREATE OR REPLACE FUNCTION leat_internal.pass_orphans() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    sequence regclass := pg_get_serial_sequence('leat_internal.attachment', 'attachment');
    highest  bigint;
BEGIN
    SELECT max(substr(p.proname, 9)::bigint) INTO highest
      FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]{1,9}$';
    IF highest > coalesce(pg_sequence_last_value(sequence), 0) THEN
        PERFORM setval(sequence, highest);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.orphans() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.pass_orphans() FROM PUBLIC;
