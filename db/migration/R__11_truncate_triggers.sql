-- leat.truncate_triggers(attachment): puts the TRUNCATE trigger where it is missing and takes it away where it has no
-- business: unlike row triggers, statement triggers are not passed on to partitions.
--
-- attachment  leat.attachment.attachment
-- Returns:  how many triggers were created or dropped. One that is there but disabled is left as it is
-- Tables:   leat.attachment; locks each table it changes (SHARE ROW EXCLUSIVE to create, ACCESS EXCLUSIVE to drop)
-- Errors:   lock_not_available, insufficient_privilege
CREATE OR REPLACE FUNCTION leat.truncate_triggers(attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    wish    leat.attachment;
    target  regclass;
    changed integer := 0;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat.attachment a WHERE a.attachment = truncate_triggers.attachment;
    FOR target IN
        SELECT t.tgrelid FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
         WHERE t.tgname = '!leat_truncate' AND p.pronamespace = 'leat'::regnamespace
           AND p.proname = 'capture_' || wish.attachment
           AND NOT ('truncate' = ANY (wish.operations)
                    AND t.tgrelid IN (SELECT wish.relation UNION SELECT r.relid FROM pg_partition_tree(wish.relation) r))
    LOOP
        EXECUTE format('DROP TRIGGER "!leat_truncate" ON %s', target);
        changed := changed + 1;
    END LOOP;
    IF 'truncate' = ANY (wish.operations) THEN
        FOR target IN
            SELECT relid FROM (SELECT wish.relation AS relid
                               UNION SELECT r.relid FROM pg_partition_tree(wish.relation) r) AS tree
             WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = tree.relid AND t.tgname = '!leat_truncate')
               AND (SELECT c.relkind FROM pg_class c WHERE c.oid = tree.relid) IN ('r', 'p')
        LOOP
            EXECUTE format('CREATE TRIGGER "!leat_truncate" AFTER TRUNCATE ON %s'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION leat.%I()', target, 'capture_' || wish.attachment);
            EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "!leat_truncate"', target);
            changed := changed + 1;
        END LOOP;
    END IF;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat.truncate_triggers(integer) FROM PUBLIC;
