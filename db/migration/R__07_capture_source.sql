-- leat_internal.capture_source(attachment): the body of an attachment's trigger function, leat_internal.capture_<attachment>.
--
-- The function takes one of three ways for each row:
--   named    the columns by name, as long as the guard says that the table is the one the function was written for, and that its columns
--            have the types they had then: no cast of a type's owner runs here (leat_internal.json_expression);
--   asked    after DDL: the names are asked for anew (leat_internal.shape) and the row is read by a dynamic statement; not at all if a
--            table above this one captures it (leat_internal.captured_above);
--   faulty   if even that fails: an event without images that says why, and goes to quarantine (leat_internal.capture_asked).
-- Shaping runs inside blocks that catch every error; they write nothing, so they take no subtransaction id. What remains
-- outside is one INSERT into the outbox. The writer's statement fails only if that does.
--
-- Each expression that PL/pgSQL evaluates costs a row as much as a few calls within it, and in a transaction of one row
-- several times that: so there are few, and what an update does not need is not worked out.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  the source text; the same text as long as the table keeps its shape. Null when the table is gone
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   no_data_found for an unknown attachment
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.capture_source(attachment integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    wish leat_internal.attachment;
    form record;
    utf8 boolean := getdatabaseencoding() = 'UTF8';
    -- An error's text may quote a value, and with it one that must not leave.
    quiet boolean;
    said text := CASE WHEN utf8 THEN '%s' ELSE 'leat_internal.readable(%s)' END;
    -- The images go, the key stays: what comes after this event in its key follows on_quarantine.
    encoding_check text := $check$
    BEGIN
        PERFORM convert_to(concat(old_key::text, new_key::text, old_image::text, new_image::text), 'UTF8');
    EXCEPTION WHEN OTHERS THEN
        failure := left('the row has text that has no form in UTF-8: ' || %s, 1000);
        old_key := NULL;
        new_key := NULL;
        old_image := NULL;
        new_image := NULL;
    END;
    failure := left(leat_internal.readable(failure), 1000);

$check$;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = capture_source.attachment;
    SELECT s.* INTO form FROM leat_internal.shape(wish.attachment) s;
    IF form.relid IS NULL THEN
        RETURN NULL;
    END IF;
    quiet := cardinality(wish.left_out || wish.masked) > 0;
    RETURN format(
        $template$
-- Written by leat.attach, and anew by leat.refresh when the table's shape changes.
DECLARE
    old_partition text;
    new_partition text;
    old_lane      smallint;
    new_lane      smallint;
    old_key       json;
    new_key       json;
    old_image     json;
    new_image     json;
    done          boolean := false;
    failure       text;
%23$sBEGIN
%24$s    IF TG_OP = 'TRUNCATE' THEN
        PERFORM leat_internal.capture_truncate(TG_RELID, %5$s, %2$L, %18$L, %16$L, %17$L);
        RETURN NULL;
    END IF;

    BEGIN
        IF %6$s AND %1$s THEN
            IF TG_OP <> 'DELETE' THEN
                new_partition := %7$L || %11$s;
                IF length(new_partition) > 256 THEN
                    new_partition := leat_internal.partition_key(new_partition);
                END IF;
                new_lane := %22$s;
                new_key := %12$s;
                new_image := %13$s;
            END IF;
            IF TG_OP <> 'INSERT' THEN
                old_partition := %7$L || %8$s;
                IF length(old_partition) > 256 THEN
                    old_partition := leat_internal.partition_key(old_partition);
                END IF;
%10$s                IF old_partition IS DISTINCT FROM new_partition THEN
                    old_lane := %14$s;
                    old_key := %9$s;
%27$s                END IF;
            END IF;
            done := true;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        done := false;
    END;

    IF NOT done THEN
        PERFORM leat_internal.capture_asked(%5$s, TG_RELID, TG_OP, OLD, NEW, %3$L, %4$L, %25$L, %16$L, %17$L, %15$L);
        RETURN NULL;
    END IF;

%20$s    IF TG_OP = 'DELETE' OR old_partition <> new_partition THEN
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, context, db_user, application, stream, fault)
        VALUES (old_lane, 'd', %2$L, %16$L, clock_timestamp(), txid_current(), %3$L, %4$L, old_partition, old_key, old_image,
                %21$s, %26$s,
                nullif(current_setting('application_name'), ''), %17$L, failure);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                 key, before, after, context, db_user, application, stream, fault)
        VALUES (new_lane, CASE WHEN old_partition = new_partition THEN 'u' ELSE 'c' END, %2$L, %16$L,
                clock_timestamp(), txid_current(), %3$L, %4$L, new_partition, new_key,
                CASE WHEN old_partition = new_partition THEN old_image END, new_image,
                %21$s, %26$s,
                nullif(current_setting('application_name'), ''), %17$L, failure);
    END IF;
    RETURN NULL;
END
$template$,
        leat_internal.types_expression(form.typed_names, form.typed_types, 'NEW'),
        form.held,
        form.schema_name,
        form.table_name,
        wish.attachment,
        form.guard,
        form.prefix,
        leat_internal.suffix_expression(form.key_names, form.key_types, 'OLD', true),
        leat_internal.key_expression(form.key_names, form.key_types, 'OLD', true),
        -- Without old images, the primary key tells which row is gone or has another key now.
        CASE WHEN wish.before
             THEN format(E'                old_image := %s;\n',
                         leat_internal.image_expression(form.image_names, form.image_types, form.image_masked, 'OLD', true))
             WHEN form.held AND cardinality(form.pk_names) > 0
             THEN format($image$                old_image := %s;
                IF old_partition = new_partition AND old_image::text = (%s)::text THEN
                    old_image := NULL;
                END IF;
$image$,
                         leat_internal.pk_expression(form.pk_names, form.pk_types, form.pk_masked, 'OLD', true),
                         leat_internal.pk_expression(form.pk_names, form.pk_types, form.pk_masked, 'NEW', true))
             ELSE '' END,
        leat_internal.suffix_expression(form.key_names, form.key_types, 'NEW', true),
        leat_internal.key_expression(form.key_names, form.key_types, 'NEW', true),
        leat_internal.image_expression(form.image_names, form.image_types, form.image_masked, 'NEW', true),
        leat_internal.lane_expression('old_partition'),
        quiet,
        wish.on_quarantine = 'pass',
        wish.stream,
        form.key_list,
        NULL,
        CASE WHEN utf8 THEN '' ELSE format(encoding_check, CASE WHEN quiet THEN $q$'SQLSTATE ' || SQLSTATE$q$ ELSE 'SQLERRM' END) END,
        format(said, $q$nullif(current_setting('leat.context', true), '')$q$),
        leat_internal.lane_expression('new_partition'),
        CASE WHEN wish.capture = 'statement' THEN leat_internal.statement_declarations() ELSE '' END,
        CASE WHEN wish.capture = 'statement' THEN leat_internal.statement_source(wish.attachment) ELSE '' END,
        wish.before,
        format(said, $q$coalesce(nullif(current_setting('role'), 'none'), session_user)$q$),
        CASE WHEN NOT wish.before AND NOT form.held THEN E'                    old_image := old_key;\n' ELSE '' END);
END
$$;

-- leat_internal.lane_expression(partition): SQL for the lane of a stored partition key, as leat_internal.lane_of has it; written out, for a call
-- costs more than the rest.
CREATE OR REPLACE FUNCTION leat_internal.lane_expression(partition text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT format($q$(get_byte(decode(md5(%s), 'hex'), 0) >> 2)::smallint$q$,
                      CASE WHEN getdatabaseencoding() = 'UTF8' THEN partition
                           ELSE format($q$convert_to(%s, 'UTF8')$q$, partition) END)
    $$;

REVOKE ALL ON FUNCTION leat_internal.capture_source(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.lane_expression(text) FROM PUBLIC;
