-- leat.enable_triggers(attachment): has the triggers of an attachment fired in every session, also in those that apply
-- changes from elsewhere (session_replication_role = replica), on the table and on its partitions.
--
-- attachment  leat.attachment.attachment
-- Returns:  how many were not so before
-- Tables:   leat.attachment; locks what it changes (SHARE ROW EXCLUSIVE)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat.enable_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    found   record;
    changed integer := 0;
BEGIN
    FOR found IN SELECT f.relid, f.trigger FROM leat.trigger_faults(enable_triggers.attachment) AS f
                  WHERE f.fault <> 'missing' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', found.relid, found.trigger);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat.enable_triggers(integer) FROM PUBLIC;
