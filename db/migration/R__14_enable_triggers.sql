-- leat_internal.enable_triggers(attachment): has the triggers of an attachment fired in every session, also in those that apply
-- changes from elsewhere (session_replication_role = replica), on the table and on its partitions.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many were not so before
-- Tables:   leat_internal.attachment; locks what it changes (SHARE ROW EXCLUSIVE)
-- Errors:   lock_not_available, insufficient_privilege
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.enable_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    found   record;
    changed integer := 0;
BEGIN
    FOR found IN SELECT f.relid, f.trigger FROM leat_internal.trigger_faults(enable_triggers.attachment) AS f
                  WHERE f.fault IN ('disabled', 'not ENABLE ALWAYS') LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.relid, found.trigger);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.enable_triggers(integer) FROM PUBLIC;
