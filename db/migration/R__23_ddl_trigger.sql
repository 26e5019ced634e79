-- leat.on_ddl(): the event trigger's function: refreshes when DDL has touched an attached table or a partition of one, or
-- has renamed a schema. It never fails the DDL.
-- leat.install_ddl_trigger(): creates the event triggers leat_refresh and leat_refresh_drop, where the role may
-- (a superuser, or rds_superuser). Without them everything is captured as well; only the first rows after DDL cost more,
-- until a poller refreshes.
--
-- Returns:  install_ddl_trigger: whether the event triggers are there now
-- Tables:   leat.attachment; pg_event_trigger
-- Errors:   none
CREATE OR REPLACE FUNCTION leat.on_ddl() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    concerned boolean;
BEGIN
    IF current_setting('leat.refreshing', true) = 'on' THEN
        RETURN;
    END IF;
    IF TG_EVENT = 'sql_drop' THEN
        SELECT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d JOIN leat.attachment a ON a.relation = d.objid
                        WHERE d.classid = 'pg_class'::regclass)
          INTO concerned;
    ELSE
        SELECT TG_TAG = 'ALTER SCHEMA'
               OR EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c
                            JOIN leat.attachment a
                              ON a.relation = c.objid
                                 OR a.relation IN (SELECT p.relid FROM pg_partition_ancestors(c.objid) AS p)
                           WHERE c.classid = 'pg_class'::regclass)
               OR EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c
                            JOIN pg_trigger t ON t.oid = c.objid
                            JOIN leat.attachment a ON a.relation = t.tgrelid
                           WHERE c.classid = 'pg_trigger'::regclass)
          INTO concerned;
    END IF;
    IF concerned THEN
        PERFORM leat.refresh();
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'leat: % is captured by the slower way until the next refresh: %', TG_TAG, SQLERRM;
END
$$;

CREATE OR REPLACE FUNCTION leat.install_ddl_trigger() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'leat_refresh') THEN
        CREATE EVENT TRIGGER leat_refresh ON ddl_command_end
            WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE TABLE AS', 'ALTER SCHEMA', 'CREATE TRIGGER',
                         'ALTER TRIGGER')
            EXECUTE FUNCTION leat.on_ddl();
    END IF;
    IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'leat_refresh_drop') THEN
        CREATE EVENT TRIGGER leat_refresh_drop ON sql_drop EXECUTE FUNCTION leat.on_ddl();
    END IF;
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'leat: % may not create an event trigger, so after DDL the pollers refresh what is attached; to have it'
                 ' done at once, let a superuser run SELECT leat.install_ddl_trigger()', current_user;
    RETURN false;
END
$$;

REVOKE ALL ON FUNCTION leat.on_ddl() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.install_ddl_trigger() FROM PUBLIC;

DO $$ BEGIN PERFORM leat.install_ddl_trigger(); END $$;
