-- leat_internal.capture_asked(attachment, fired_for, operation, old_row, new_row, ...): captures one row the slower way: the table's names are asked
-- for anew (leat_internal.shape) and the row is read by a dynamic statement. If even that fails, the event has no images, says why in
-- fault, and goes to quarantine. Called by the generated functions, under their settings.
-- leat_internal.write_asked(...): writes the events of a row that was read so, or that could not be read, for which only failure is given.
--
-- attachment       leat_internal.attachment.attachment
-- fired_for        the table whose trigger fired: nothing is captured unless it is the attached one or a partition of it, and no table
--                  above captures it (leat_internal.captured_above)
-- operation        INSERT, UPDATE or DELETE
-- old_row, new_row as a trigger has them, of the table's own type
-- schema_name, table_name, may_pass, stream   as events of the table have them, for when they cannot be asked for
-- with_before      whether an event carries the old row; otherwise its primary key alone, and only if the row is gone or has another now
-- quiet            an error's text may quote a value that must not leave: say its SQLSTATE alone
-- held, *_partition, *_key, *_image, failure  as leat_internal.shape's query gives them; failure null when it did
-- Tables:          leat_internal.attachment, the catalog; writes leat_internal.outbox
-- Errors:          none but those of the INSERT into the outbox
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.capture_asked(
        attachment integer, fired_for oid, operation text, old_row record, new_row record, schema_name text, table_name text,
        with_before boolean, may_pass boolean, stream text, quiet boolean)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    form          record;
    is_held       boolean;
    event_schema  text := capture_asked.schema_name;
    event_table   text := capture_asked.table_name;
    old_partition text;
    new_partition text;
    old_key       json;
    new_key       json;
    old_image     json;
    new_image     json;
    old_pk        json;
    new_pk        json;
    problem       text;
    failure       text;
BEGIN
    IF EXISTS (SELECT FROM leat_internal.attachment a
                WHERE a.attachment = capture_asked.attachment AND a.relation <> fired_for
                  AND a.relation NOT IN (SELECT p.relid FROM pg_partition_ancestors(fired_for) AS p))
       OR leat_internal.captured_above(attachment, 'capture') IS NOT NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT s.* INTO STRICT form FROM leat_internal.shape(attachment) AS s;
        IF form.unsafe THEN
            problem := form.problem;
            RAISE EXCEPTION '%', problem;
        END IF;
        is_held := form.held;
        event_schema := form.schema_name;
        event_table := form.table_name;
        IF operation <> 'INSERT' THEN
            EXECUTE form.query INTO STRICT old_partition, old_key, old_image, old_pk USING old_row;
            old_partition := leat_internal.partition_key(form.prefix || old_partition);
        END IF;
        IF operation <> 'DELETE' THEN
            EXECUTE form.query INTO STRICT new_partition, new_key, new_image, new_pk USING new_row;
            new_partition := leat_internal.partition_key(form.prefix || new_partition);
        END IF;
        IF NOT with_before THEN
            old_image := CASE WHEN old_partition = new_partition AND old_pk::text = new_pk::text THEN NULL ELSE old_pk END;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        failure := left('the row could not be read: '
                        || CASE WHEN problem IS NOT NULL THEN problem WHEN quiet THEN 'SQLSTATE ' || SQLSTATE ELSE SQLERRM END, 1000);
        is_held := true;
    END;
    PERFORM leat_internal.write_asked(operation, is_held, may_pass, event_schema, event_table, old_partition, new_partition, old_key,
                             new_key, old_image, new_image, stream, quiet, failure);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.write_asked(
        operation text, held boolean, may_pass boolean, event_schema text, event_table text, old_partition text,
        new_partition text, old_key json, new_key json, old_image json, new_image json, stream text, quiet boolean, failure text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_variable
DECLARE
    event_context text := leat_internal.readable(nullif(current_setting('leat.context', true), ''));
    event_user    text := leat_internal.readable(coalesce(nullif(current_setting('role'), 'none'), session_user));
    sent_by       text := nullif(current_setting('application_name'), '');
BEGIN
    IF failure IS NOT NULL THEN
        new_partition := leat_internal.partition_key(quote_ident(event_schema) || '.' || quote_ident(event_table));
        old_partition := CASE WHEN operation <> 'INSERT' THEN new_partition END;
    ELSIF getdatabaseencoding() <> 'UTF8' THEN
        -- The images go, the key stays: what comes after this event in its key follows on_quarantine.
        BEGIN
            PERFORM convert_to(concat(old_key::text, new_key::text, old_image::text, new_image::text), 'UTF8');
        EXCEPTION WHEN OTHERS THEN
            failure := left('the row has text that has no form in UTF-8: '
                            || CASE WHEN quiet THEN 'SQLSTATE ' || SQLSTATE ELSE SQLERRM END, 1000);
        END;
    END IF;
    IF failure IS NOT NULL THEN
        failure := left(leat_internal.readable(failure), 1000);
        old_key := NULL;
        new_key := NULL;
        old_image := NULL;
        new_image := NULL;
    END IF;
    IF operation = 'DELETE' OR old_partition <> new_partition THEN
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, context, db_user, application, stream, fault)
        VALUES (leat_internal.lane_of(old_partition), 'd', held, may_pass, clock_timestamp(), txid_current(), event_schema,
                event_table, old_partition, old_key, old_image, event_context, event_user, sent_by, stream, failure);
    END IF;
    IF operation <> 'DELETE' THEN
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, after, context, db_user, application, stream, fault)
        VALUES (leat_internal.lane_of(new_partition), CASE WHEN old_partition = new_partition THEN 'u' ELSE 'c' END, held,
                may_pass, clock_timestamp(), txid_current(), event_schema, event_table, new_partition, new_key,
                CASE WHEN old_partition = new_partition THEN old_image END, new_image, event_context, event_user, sent_by,
                stream, failure);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.write_asked(text, boolean, boolean, text, text, text, text, json, json, json, json, text, boolean, text)
    FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_asked(integer, oid, text, record, record, text, text, boolean, boolean, text, boolean)
    FROM PUBLIC;
