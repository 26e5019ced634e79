-- leat.detach(relation): from the end of this transaction on, changes of the table are captured no more. What was captured
-- stays and will be sent.
--
-- relation  an attached table
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
        EXECUTE format('DROP FUNCTION IF EXISTS leat_internal.%I()', 'capture_' || wish.attachment);
        DELETE FROM leat_internal.attachment_state s WHERE s.attachment = wish.attachment;
        DELETE FROM leat_internal.attachment a WHERE a.attachment = wish.attachment;
    EXCEPTION WHEN lock_not_available THEN
        PERFORM leat_internal.function_busy('leat.detach', wish.attachment, began);
    END;
    PERFORM set_config('lock_timeout', former, true);
END
$$;

REVOKE ALL ON FUNCTION leat.detach(regclass) FROM PUBLIC;
