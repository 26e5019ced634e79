-- leat_internal.truncate_triggers(attachment, mend): puts the TRUNCATE trigger where it is missing and takes it away where it has no
-- business: unlike row triggers, statement triggers are not passed on to partitions.
--
-- attachment  leat_internal.attachment.attachment
-- mend        whether a trigger that somebody has replaced is made anew, and one whose attachment is gone dropped; otherwise it stays, and leat.attached tells of it
-- Warns of a partition that was detached and is captured by no other attachment.
--
-- Returns:  how many triggers were created or dropped. One that is there but disabled is left as it is
-- Tables:   leat_internal.attachment; locks each table it changes (SHARE ROW EXCLUSIVE to create, ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.truncate_triggers(attachment integer, mend boolean) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish    leat_internal.attachment;
    target  regclass;
    former  name;
    own     name := leat_internal.trigger_name('truncate', attachment);
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = truncate_triggers.attachment;
    FOR target IN
        -- By what depends on the function: pg_trigger has no index by which to find its triggers.
        SELECT t.tgrelid
          FROM pg_proc p
          JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.classid = 'pg_trigger'::regclass
          JOIN pg_trigger t ON t.oid = d.objid
         WHERE t.tgname = own AND p.pronamespace = 'leat_internal'::regnamespace
           AND p.proname = 'capture_' || wish.attachment
           AND NOT ('truncate' = ANY (wish.operations)
                    AND t.tgrelid IN (SELECT wish.relation UNION SELECT r.relid FROM leat_internal.partitions(wish.relation) r))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', own, target);
        IF 'truncate' = ANY (wish.operations)
           AND NOT EXISTS (SELECT FROM leat_internal.attachment a
                            WHERE a.relation = target OR a.relation IN (SELECT p.relid FROM pg_partition_ancestors(target) AS p)) THEN
            RAISE WARNING '% is no partition of % any more, and is captured no more: attach it, if it should be', target, wish.relation;
        END IF;
        changed := changed + 1;
    END LOOP;
    -- Those whose attachment is gone (leat_internal.orphans), where their name is not the one that is made anew below.
    FOR target, former IN
        SELECT t.tgrelid, t.tgname
          FROM (SELECT wish.relation AS relid UNION SELECT r.relid FROM leat_internal.partitions(wish.relation) r) AS r
          JOIN pg_trigger t ON t.tgrelid = r.relid AND t.tgtype & 32 = 32 AND t.tgname <> own
          JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]+$'
         WHERE mend AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE 'capture_' || a.attachment = p.proname::text)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', former, target);
        changed := changed + 1;
    END LOOP;
    IF 'truncate' = ANY (wish.operations) THEN
        FOR target IN
            SELECT f.relid FROM leat_internal.trigger_faults(wish.attachment) AS f
             WHERE f.trigger = own AND (f.fault = 'missing' OR mend AND f.fault = 'replaced')
        LOOP
            EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION leat_internal.%I()', own, target, 'capture_' || wish.attachment);
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, own);
            changed := changed + 1;
        END LOOP;
    END IF;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.truncate_triggers(integer, boolean) FROM PUBLIC;
