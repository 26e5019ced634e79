-- leat.detach(relation): from the end of this transaction on, changes of the table are captured no more. What was captured
-- stays and will be sent.
--
-- leat.detach(schema_name, table_name): the same by name, also for a table that is gone.
-- leat_internal.forget(attachment): forgets an attachment.
--
-- relation  an attached table
-- schema_name, table_name   as leat.attached() has them
-- Tables:   deletes from leat_internal.attachment and attachment_state; drops the triggers (ACCESS EXCLUSIVE on the table until the transaction
--           ends; waited for, as by leat.attach) and leat_internal.capture_<n>()
-- Errors:   undefined_object when it is not attached, lock_not_available
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat.detach(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    began  timestamptz := clock_timestamp();
    ends   timestamptz := began + leat_internal.patience();
    former text := current_setting('lock_timeout');
    wish   leat_internal.attachment;
    root   regclass;
BEGIN
    PERFORM leat_internal.take_mutex('attachments', 'leat.detach');
    SELECT a.* INTO wish FROM leat_internal.attachment a WHERE a.relation = detach.relation;
    IF NOT FOUND THEN
        SELECT a.relation INTO root FROM leat_internal.attachment a, pg_partition_ancestors(detach.relation) AS p
         WHERE p.relid = a.relation;
        RAISE EXCEPTION 'leat.detach: % is not attached', coalesce(detach.relation::text, 'null')
            USING ERRCODE = 'undefined_object',
                  HINT = CASE WHEN root IS NULL THEN 'SELECT * FROM leat.attached() lists what is.'
                              ELSE format('It is a partition of %s, which is: detach that one.', root) END;
    END IF;
    -- All waits together take no longer than one may.
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        UPDATE leat_internal.attachment a SET operations = '{}' WHERE a.attachment = wish.attachment;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.function_busy('leat.detach', wish.attachment, began);
    END;
    PERFORM leat_internal.change_triggers('leat.detach', wish.attachment);
    PERFORM leat_internal.wait_until(ends);
    BEGIN
        PERFORM leat_internal.forget(wish.attachment);
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.function_busy('leat.detach', wish.attachment, began);
    END;
    PERFORM set_config('lock_timeout', former, true);
END
$$;

CREATE OR REPLACE FUNCTION leat.detach(schema_name text, table_name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    present regclass;
    lost    record;
BEGIN
    PERFORM leat_internal.take_mutex('attachments', 'leat.detach');
    SELECT c.oid INTO present
      FROM leat_internal.attachment a JOIN pg_class c ON c.oid = a.relation
     WHERE leat_internal.readable_names(c.oid) = ARRAY[detach.schema_name, detach.table_name];
    IF FOUND THEN
        PERFORM leat.detach(present);
        RETURN;
    END IF;
    SELECT a.attachment, c.oid::regclass AS relation INTO lost
      FROM leat_internal.attachment a LEFT JOIN pg_class c ON c.oid = a.relation
     WHERE leat_internal.readable(a.schema_name) = detach.schema_name AND leat_internal.readable(a.table_name) = detach.table_name;
    IF lost.attachment IS NULL OR lost.relation IS NOT NULL THEN
        RAISE EXCEPTION 'leat.detach: %.% is not attached', coalesce(quote_ident(detach.schema_name), 'null'),
                coalesce(quote_ident(detach.table_name), 'null')
            USING ERRCODE = 'undefined_object',
                  HINT = CASE WHEN lost.attachment IS NULL THEN 'SELECT * FROM leat.attached() lists what is.'
                              ELSE format('The table that was attached under this name is called %1$s now: detach that one, or attach'
                                          ' it again, under that name.', lost.relation) END;
    END IF;
    PERFORM leat_internal.forget(lost.attachment);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.forget(attachment integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF to_regprocedure(format('leat_internal.capture_%s()', forget.attachment)) IS NOT NULL THEN
        EXECUTE format('DROP FUNCTION leat_internal.%I()', 'capture_' || forget.attachment);
    END IF;
    DELETE FROM leat_internal.attachment_state s WHERE s.attachment = forget.attachment;
    DELETE FROM leat_internal.attachment a WHERE a.attachment = forget.attachment;
END
$$;

REVOKE ALL ON FUNCTION leat.detach(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.forget(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.detach(regclass) FROM PUBLIC;
