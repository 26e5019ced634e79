-- leat.capture_source(attachment): the body of an attachment's trigger function, leat.capture_<attachment>.
--
-- The function takes one of three ways for each row:
--   named    the columns by name, as long as the guard says that the table is the one the function was written for;
--   asked    after DDL: the names are asked for anew (leat.shape) and the row is read by a dynamic statement;
--   faulty   if even that fails: an event without images that says why, and goes to quarantine.
-- Shaping runs inside blocks that catch every error; they write nothing, so they take no subtransaction id. What remains
-- outside is one INSERT into the outbox. The writer's statement fails only if that does.
--
-- attachment  leat.attachment.attachment
-- Returns:  the source text; the same text as long as the table keeps its shape. Null when the table is gone
-- Tables:   leat.attachment, the catalog
-- Errors:   no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat.capture_source(attachment integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    wish leat.attachment;
    form record;
    utf8 boolean := getdatabaseencoding() = 'UTF8';
    -- The images go, the key stays: what comes after this event in its key follows on_quarantine.
    encoding_check text := $check$
    BEGIN
        PERFORM convert_to(concat(old_key::text, new_key::text, old_image::text, new_image::text), 'UTF8');
    EXCEPTION WHEN OTHERS THEN
        failure := 'the row has text that has no form in UTF-8: ' || SQLERRM;
        old_key := NULL;
        new_key := NULL;
        old_image := NULL;
        new_image := NULL;
    END;
    failure := leat.readable(failure);

$check$;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat.attachment a WHERE a.attachment = capture_source.attachment;
    SELECT s.* INTO form FROM leat.shape(wish.attachment) s;
    IF form.relid IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN format(
        $template$
-- Written by leat.attach, and anew by leat.refresh when the table's shape changes. %1$s
DECLARE
    is_held       boolean := %2$L;
    event_schema  text := %3$L;
    event_table   text := %4$L;
    old_partition text;
    new_partition text;
    old_lane      smallint;
    new_lane      smallint;
    old_key       json;
    new_key       json;
    old_image     json;
    new_image     json;
    key_list      text := %18$L;
    form          record;
    done          boolean := false;
    failure       text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        BEGIN
            IF (%6$s) IS NOT TRUE THEN
                SELECT s.held, s.key_list INTO STRICT is_held, key_list FROM leat.shape(%5$s) AS s;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            NULL;  -- as it was when this was written
        END;
        PERFORM leat.capture_truncate(TG_RELID, %19$s, is_held, key_list, %16$L, %17$L);
        RETURN NULL;
    END IF;

    BEGIN
        IF %6$s THEN
            IF TG_OP <> 'INSERT' THEN
                old_partition := %7$L || %8$s;
                IF length(old_partition) > 256 THEN
                    old_partition := leat.partition_key(old_partition);
                END IF;
                old_lane := get_byte(decode(md5(convert_to(old_partition, 'UTF8')), 'hex'), 0) >> 2;
                old_key := %9$s;
                old_image := %10$s;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                new_partition := %7$L || %11$s;
                IF length(new_partition) > 256 THEN
                    new_partition := leat.partition_key(new_partition);
                END IF;
                new_lane := get_byte(decode(md5(convert_to(new_partition, 'UTF8')), 'hex'), 0) >> 2;
                new_key := %12$s;
                new_image := %13$s;
            END IF;
            done := true;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        done := false;
    END;

    IF NOT done THEN
        BEGIN
            SELECT s.* INTO STRICT form FROM leat.shape(%5$s) AS s;
            is_held := form.held;
            event_schema := form.schema_name;
            event_table := form.table_name;
            IF TG_OP <> 'INSERT' THEN
                EXECUTE form.query INTO STRICT old_partition, old_key, old_image USING OLD;
                old_partition := leat.partition_key(form.prefix || old_partition);
                old_lane := leat.lane_of(old_partition);
                %14$s
            END IF;
            IF TG_OP <> 'DELETE' THEN
                EXECUTE form.query INTO STRICT new_partition, new_key, new_image USING NEW;
                new_partition := leat.partition_key(form.prefix || new_partition);
                new_lane := leat.lane_of(new_partition);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            failure := 'the row could not be read: ' || %15$s;
            is_held := true;
            old_partition := leat.partition_key(quote_ident(event_schema) || '.' || quote_ident(event_table));
            new_partition := old_partition;
            old_lane := leat.lane_of(old_partition);
            new_lane := old_lane;
            old_key := NULL;
            new_key := NULL;
            old_image := NULL;
            new_image := NULL;
        END;
    END IF;

%20$s    IF TG_OP = 'DELETE' OR old_partition <> new_partition THEN
        INSERT INTO leat.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, context, db_user, application, stream, fault)
        VALUES (old_lane, 'd', is_held, %16$L, clock_timestamp(), pg_current_xact_id()::text::bigint, event_schema,
                event_table, old_partition, old_key, old_image, %21$s,
                %22$s,
                nullif(current_setting('application_name'), ''), %17$L, failure);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO leat.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, after, context, db_user, application, stream, fault)
        VALUES (new_lane, CASE WHEN old_partition = new_partition THEN 'u' ELSE 'c' END, is_held, %16$L,
                clock_timestamp(), pg_current_xact_id()::text::bigint, event_schema, event_table, new_partition, new_key,
                CASE WHEN old_partition = new_partition THEN old_image END, new_image,
                %21$s,
                %22$s,
                nullif(current_setting('application_name'), ''), %17$L, failure);
    END IF;
    RETURN NULL;
END
$template$,
        form.digest,
        form.held,
        form.schema_name,
        form.table_name,
        wish.attachment,
        form.guard,
        form.prefix,
        leat.suffix_expression(form.key_names, 'OLD'),
        leat.key_expression(form.key_names, 'OLD'),
        CASE WHEN wish.before THEN leat.image_expression(form.image_names, form.image_masked, 'OLD') ELSE 'NULL' END,
        leat.suffix_expression(form.key_names, 'NEW'),
        leat.key_expression(form.key_names, 'NEW'),
        leat.image_expression(form.image_names, form.image_masked, 'NEW'),
        CASE WHEN wish.before THEN '-- with the old image' ELSE 'old_image := NULL;' END,
        -- An error's text may quote a value, and with it one that must not leave.
        CASE WHEN cardinality(wish.left_out || wish.masked) = 0 THEN 'SQLERRM' ELSE $q$'SQLSTATE ' || SQLSTATE$q$ END,
        wish.on_quarantine = 'pass',
        wish.stream,
        form.key_list,
        form.relid,
        CASE WHEN utf8 THEN '' ELSE encoding_check END,
        format(CASE WHEN utf8 THEN '%s' ELSE 'leat.readable(%s)' END, $q$nullif(current_setting('leat.context', true), '')$q$),
        format(CASE WHEN utf8 THEN '%s' ELSE 'leat.readable(%s)' END,
               $q$coalesce(nullif(current_setting('role'), 'none'), session_user)$q$));
END
$$;

REVOKE ALL ON FUNCTION leat.capture_source(integer) FROM PUBLIC;
