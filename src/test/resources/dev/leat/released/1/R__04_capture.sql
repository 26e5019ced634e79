-- The generated trigger functions, and what they call.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.insert_event(event, source, indent): SQL for the INSERT of events into the outbox, the only INSERT of the generated functions.
--
-- event     SQL for the value of each column, by the column's name; a column that is not named is null
-- source    the FROM clause that the rows come from; null: one row of values
-- indent    how many spaces to indent the lines after the first
-- Returns:  text
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.insert_event(event jsonb, source text, indent integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT format('INSERT INTO leat_internal.outbox (%s)', string_agg(l.columns, E',\n' || repeat(' ', indent + 34) ORDER BY l.line))
               || E'\n' || repeat(' ', indent)
               || format(CASE WHEN source IS NULL THEN 'VALUES (%s)' ELSE 'SELECT %s' END,
                         string_agg(l.values, E',\n' || repeat(' ', indent + CASE WHEN source IS NULL THEN 8 ELSE 7 END) ORDER BY l.line))
               || CASE WHEN source IS NULL THEN '' ELSE E'\n' || repeat(' ', indent + 2) || 'FROM ' || source END
          FROM (SELECT c.line, string_agg(c.name, ', ' ORDER BY c.place) AS columns,
                       string_agg(event ->> c.name, ', ' ORDER BY c.place) AS values
                  FROM unnest(ARRAY[1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 6, 6, 6],
                              ARRAY['lane', 'op', 'held', 'may_pass', 'captured_at', 'xid', 'schema_name', 'table_name', 'partition_key',
                                    'key', 'before', 'after', 'context', 'db_user', 'application', 'stream', 'format', 'fault'])
                       WITH ORDINALITY AS c (line, name, place)
                 WHERE event ? c.name
                 GROUP BY c.line) AS l
    $$;

-- leat_internal.capture_source(attachment): the body of an attachment's trigger function, leat_internal.capture_<attachment>. docs/capture.md
-- shows one.
--
-- The function captures each row in one of three ways:
--   direct   it reads the columns by name, as long as the guard confirms that the function was written for this table and that the columns still have
--            the same types. So no user-defined cast is called (leat_internal.json_expression);
--   dynamic  after DDL, it reads the names from the catalog (leat_internal.shape) and the row by a dynamic statement. It does nothing if a table
--            above this one captures the row (leat_internal.captured_above);
--   faulty   if that fails too, it writes an event without images, with the reason, which goes to quarantine (leat_internal.capture_dynamically).
-- The values are computed in blocks that catch every error. These blocks write nothing, so they need no subtransaction id. Only the INSERT into the
-- outbox is outside of them. The writer's statement fails only if that INSERT fails.
--
-- Each expression that PL/pgSQL evaluates costs as much as a few function calls in it, and several times that in a transaction of one row. So there
-- are few expressions, and values that an update does not need are not computed.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  the source text, which is the same as long as the table keeps its shape; null if the table was dropped
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat_internal.capture_source(attachment integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    options      leat_internal.attachment;
    shape        record;
    every_event  jsonb;
    old_image    text := '';
    encoding     text := '';
    new_image    text;
    adds         boolean;
    old_added    text;
    new_added    text;
    added_part   text := '';
    by_statement boolean;
    filter       jsonb;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = capture_source.attachment;
    SELECT s.* INTO shape FROM leat_internal.shape(options.attachment) s;
    IF shape.relid IS NULL THEN
        RETURN NULL;
    END IF;
    IF options.event_router IS NOT NULL THEN
        RETURN leat_internal.router_source(options, shape);
    END IF;
    by_statement := options.capture = 'statement';
    filter := CASE WHEN NOT shape.unsafe THEN shape.filter END;

    -- Without old images, the primary key identifies the row that was deleted or got another key.
    IF options.before THEN
        old_image := leat_internal.fill($part$                old_image := {{image}};
$part$, jsonb_build_object(
            'image', leat_internal.image_expression(shape.image_names, shape.image_types, shape.image_masked, 'OLD', true, shape.output)));
    ELSIF (shape.held OR leat_internal.is_dms(options.format)) AND cardinality(shape.pk_names) > 0 THEN
        old_image := leat_internal.fill($part$                old_image := {{old_pk}};
                IF old_partition = new_partition AND old_image::text = ({{new_pk}})::text THEN
                    old_image := NULL;
                END IF;
$part$, jsonb_build_object(
            'old_pk', leat_internal.pk_expression(shape.pk_names, shape.pk_types, shape.pk_masked, shape.image_names, 'OLD', true, shape.output),
            'new_pk', leat_internal.pk_expression(shape.pk_names, shape.pk_types, shape.pk_masked, shape.image_names, 'NEW', true, shape.output)));
    END IF;

    IF getdatabaseencoding() <> 'UTF8' THEN
        -- The event loses its images and keeps its key, so that later events of the key follow on_quarantine.
        encoding := leat_internal.fill($part$
    BEGIN
        PERFORM convert_to(concat(old_key::text, new_key::text, old_image::text, new_image::text), 'UTF8');
    EXCEPTION WHEN OTHERS THEN
        failure := left('the row has text that has no form in UTF-8: ' || {{error}}, 1000);
        old_key := NULL;
        new_key := NULL;
        old_image := NULL;
        new_image := NULL;
    END;
    failure := left(leat_internal.readable(failure), 1000);

$part$, jsonb_build_object('error', leat_internal.error_expression(options)));
    END IF;

    -- Whether an event is an insert or an update is known only after both partition keys, so images with added columns are made after them.
    adds := coalesce(shape.output -> 'added', '[]') <> '[]' OR coalesce(shape.output -> 'former', '{}') <> '{}';
    new_added := leat_internal.added_list(shape.output, 'NEW', $q$CASE WHEN old_partition = new_partition THEN 'UPDATE' ELSE 'INSERT' END$q$, true);
    new_image := leat_internal.image_expression(shape.image_names, shape.image_types, shape.image_masked, 'NEW', true, shape.output, new_added);
    IF adds THEN
        old_added := leat_internal.added_list(shape.output, 'OLD', $q$'DELETE'$q$, true);
        added_part := leat_internal.fill($part$            IF old_partition IS DISTINCT FROM new_partition AND old_partition IS NOT NULL THEN
                old_image := {{old_image}};
            END IF;
            IF new_partition IS NOT NULL THEN
                IF old_partition IS NULL THEN
                    new_image := {{created}};
                ELSE
                    new_image := {{updated}};
                END IF;
            END IF;
$part$, jsonb_build_object(
            'old_image', CASE WHEN options.before
                              THEN leat_internal.image_expression(shape.image_names, shape.image_types, shape.image_masked, 'OLD', true, shape.output,
                                                                  old_added)
                              ELSE leat_internal.pk_expression(shape.pk_names, shape.pk_types, shape.pk_masked, shape.image_names, 'OLD', true, shape.output,
                                                               old_added) END,
            'created', new_image,
            'updated', leat_internal.image_expression(
                shape.image_names, shape.image_types, shape.image_masked, 'NEW', true, shape.output,
                nullif(concat_ws(', ', new_added, leat_internal.former_list(shape.image_names, shape.image_types, shape.image_masked, shape.output, 'OLD', true)),
                       ''))));
    END IF;

    every_event := leat_internal.event_values(options, shape) || jsonb_build_object(
        'captured_at', 'clock_timestamp()',
        'xid', 'txid_current()',
        'fault', 'failure');

    RETURN leat_internal.fill(
        $template$
-- Written by leat.attach, and by leat.refresh when the table's shape changes.
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
{{statement_variables}}BEGIN
{{statement_part}}    IF TG_OP = 'TRUNCATE' THEN
        PERFORM leat_internal.capture_truncate(TG_RELID, {{attachment}}, {{held}}, {{key_list}}, {{may_pass}}, {{stream}}, {{format}});
        RETURN NULL;
    END IF;

    BEGIN
        IF {{guard}}
           AND {{same_types}} THEN
            IF TG_OP <> 'DELETE'{{and_new_is_wanted}} THEN
                new_partition := {{prefix}} || {{new_suffix}};
                IF length(new_partition) > 256 THEN
                    new_partition := leat_internal.partition_key(new_partition);
                END IF;
                new_lane := {{new_lane}};
                new_key := {{new_key}};
{{new_image}}            END IF;
            IF TG_OP <> 'INSERT'{{and_old_is_wanted}} THEN
                old_partition := {{prefix}} || {{old_suffix}};
                IF length(old_partition) > 256 THEN
                    old_partition := leat_internal.partition_key(old_partition);
                END IF;
{{old_image}}                IF old_partition IS DISTINCT FROM new_partition THEN
                    old_lane := {{old_lane}};
                    old_key := {{old_key}};
{{image_of_a_key_that_goes}}                END IF;
            END IF;
{{added_part}}            done := true;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        done := false;
    END;

    IF NOT done THEN
        PERFORM leat_internal.capture_dynamically({{attachment}}, TG_RELID, TG_OP, OLD, NEW, {{schema_name}}, {{table_name}},
                                                  {{before}}, {{may_pass}}, {{stream}}, {{format}}, {{hide_values}});
        RETURN NULL;
    END IF;

{{encoding_check}}    IF {{row_goes}} THEN
        {{insert_delete}};
    END IF;
    IF {{row_stays}} THEN
        {{insert_create_or_update}};
    END IF;
    RETURN NULL;
END
$template$,
        jsonb_build_object(
            'attachment', options.attachment,
            -- Only a row that the filter takes has a partition key. An update into the filter is an insert, one out of it a delete.
            'and_new_is_wanted', coalesce(' AND ' || leat_internal.filter_expression(filter, 'NEW'), ''),
            'and_old_is_wanted', coalesce(' AND ' || leat_internal.filter_expression(filter, 'OLD'), ''),
            'row_goes', CASE WHEN filter IS NULL THEN $q$TG_OP = 'DELETE' OR old_partition <> new_partition$q$
                             ELSE 'old_partition IS NOT NULL AND old_partition IS DISTINCT FROM new_partition' END,
            'row_stays', CASE WHEN filter IS NULL THEN $q$TG_OP <> 'DELETE'$q$ ELSE 'new_partition IS NOT NULL' END,
            'guard', shape.guard,
            'same_types', leat_internal.types_expression(shape.typed_names, shape.typed_types, 'NEW'),
            'held', shape.held::text,
            'key_list', quote_literal(shape.key_list),
            'may_pass', every_event -> 'may_pass',
            'stream', every_event -> 'stream',
            'format', every_event -> 'format',
            'schema_name', every_event -> 'schema_name',
            'table_name', every_event -> 'table_name',
            'before', options.before::text,
            'hide_values', leat_internal.hides_values(options)::text,
            'prefix', quote_literal(shape.prefix),
            'new_suffix', leat_internal.suffix_expression(shape.hashed, shape.key_names, shape.key_types, 'NEW', true, shape.output),
            'new_lane', leat_internal.lane_expression('new_partition'),
            'new_key', leat_internal.key_expression(shape.key_names, shape.key_types, 'NEW', true, shape.output),
            'new_image', CASE WHEN NOT adds THEN leat_internal.fill(E'                new_image := {{image}};\n', jsonb_build_object('image', new_image)) ELSE '' END,
            'added_part', added_part,
            'old_suffix', leat_internal.suffix_expression(shape.hashed, shape.key_names, shape.key_types, 'OLD', true, shape.output),
            'old_lane', leat_internal.lane_expression('old_partition'),
            'old_key', leat_internal.key_expression(shape.key_names, shape.key_types, 'OLD', true, shape.output),
            'old_image', old_image,
            'image_of_a_key_that_goes',
            CASE WHEN NOT options.before AND NOT shape.held AND NOT leat_internal.is_dms(options.format) THEN E'                    old_image := old_key;\n' ELSE '' END,
            'encoding_check', encoding,
            'insert_delete', leat_internal.insert_event(every_event || jsonb_build_object(
                'lane', 'old_lane',
                'op', $q$'d'$q$,
                'partition_key', 'old_partition',
                'key', 'old_key',
                'before', 'old_image'), NULL, 8),
            'insert_create_or_update', leat_internal.insert_event(every_event || jsonb_build_object(
                'lane', 'new_lane',
                'op', $q$CASE WHEN old_partition = new_partition THEN 'u' ELSE 'c' END$q$,
                'partition_key', 'new_partition',
                'key', 'new_key',
                'before', 'CASE WHEN old_partition = new_partition THEN old_image END',
                'after', 'new_image'), NULL, 8),
            'statement_variables', CASE WHEN by_statement THEN leat_internal.statement_declarations() ELSE '' END,
            'statement_part', CASE WHEN by_statement THEN leat_internal.statement_source(options.attachment) ELSE '' END));
END
$$;

-- Outbox tables of the application's, whose inserted rows are domain events (leat.attach with event_router).
--
-- leat_internal.router_columns(options): the columns by what they are to an event: id, route, key, type, payload or tracing. The column of the listed
-- name is used; if there is none any more, the column that had this name at attach.
-- leat_internal.router_expressions(options, row_name, types_proven): SQL for a row's texts (an array of id, route, key, type and tracing), and for its
-- payload as text. encoding says what that text is: json, text, or base64 for bytes. problem: a column is gone, so no row can be read.
-- leat_internal.router_source(options, shape): the body of the attachment's trigger function.
-- leat_internal.route_event(...): writes the event of a row. Called by the generated functions, under their settings.
-- leat_internal.remove_routed(): the function of the trigger !leat_remove, which removes a captured row.
--
-- The event is as one of leat.publish, but its key contains more about the row: {"id": ..., "aggregatetype": ..., "encoding": ..., "key": ...}.
-- encoding is absent if the payload is JSON. A text is sent as JSON if it is an object or an array, otherwise as a JSON string; bytes are a JSON string
-- of their Base64. A trace parent in the column tracing is written into the event's context.
--
-- A row without an aggregateid or a type, and one whose stream cannot have that name, is written with a fault, which sends it to quarantine. Such a row is
-- not removed.
--
-- attachment   leat_internal.attachment.attachment
-- fired_for    the table whose trigger fired
-- new_row      the row, of the table's own type
-- event, payload, encoding   as router_expressions says; event is null: the row has to be read dynamically
-- schema_name, table_name    of the table, for the partition key of a row that has none
-- stream       null, a stream, or a template (leat_internal.stream_for)
-- Returns:     route_event: whether the event can be sent
-- Tables:      leat_internal.attachment, the catalog; route_event writes leat_internal.outbox; remove_routed deletes from the table
-- Errors:      route_event: none but those of the INSERT into the outbox. remove_routed: those of the application's own triggers
CREATE OR REPLACE FUNCTION leat_internal.router_columns(options leat_internal.attachment)
    RETURNS TABLE (role text, listed text, attnum smallint, name text, type oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT r.role, options.event_router ->> r.role, c.attnum, c.name, a.atttypid
          FROM unnest(ARRAY['id', 'route', 'key', 'type', 'tracing', 'payload']) WITH ORDINALITY AS r (role, place)
          LEFT JOIN LATERAL (SELECT n.attnum, n.name FROM leat_internal.columns_of(options.relation) AS n
                              WHERE n.name = options.event_router ->> r.role
                                 OR options.pinned_in = options.relation::oid AND n.attnum = (options.event_router -> 'attnums' ->> r.role)::smallint
                              ORDER BY n.name = options.event_router ->> r.role DESC LIMIT 1) AS c ON true
          LEFT JOIN pg_attribute a ON a.attrelid = options.relation::oid AND a.attnum = c.attnum
         WHERE options.event_router ? r.role
         ORDER BY r.place
    $$;

CREATE OR REPLACE FUNCTION leat_internal.router_expressions(
        options leat_internal.attachment, row_name text, types_proven boolean, OUT event text, OUT payload text, OUT encoding text, OUT problem text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    part  record;
    texts jsonb := '{}';
    value text;
BEGIN
    FOR part IN SELECT c.*, leat_internal.base_type(c.type) AS base FROM leat_internal.router_columns(options) AS c LOOP
        value := format('%s.%s', row_name, quote_ident(part.name));
        IF part.name IS NULL THEN
            problem := format('the column %I is gone: attach the table again', part.listed);
        ELSIF part.role <> 'payload' THEN
            texts := texts || jsonb_build_object(part.role, leat_internal.nullable_text(value, part.type, types_proven));
        ELSIF part.base = 'bytea'::regtype THEN
            payload := format($q$replace(encode(%s, 'base64'), chr(10), '')$q$, value);
            encoding := 'base64';
        ELSE
            payload := leat_internal.nullable_text(value, part.type, types_proven);
            encoding := CASE WHEN part.base IN ('json'::regtype, 'jsonb'::regtype) THEN 'json' ELSE 'text' END;
        END IF;
    END LOOP;
    event := (SELECT 'ARRAY[' || string_agg(coalesce(texts ->> r.role, 'NULL'), ', ' ORDER BY r.place) || ']::text[]'
                FROM unnest(ARRAY['id', 'route', 'key', 'type', 'tracing']) WITH ORDINALITY AS r (role, place));
END
$$;

-- leat_internal.nullable_text(value, typid, types_proven): leat_internal.text_expression, null for null: format makes an empty text of it.
CREATE OR REPLACE FUNCTION leat_internal.nullable_text(value text, typid oid, types_proven boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN types_proven AND leat_internal.base_type(typid) < 16384 THEN leat_internal.text_expression(value, typid, types_proven)
                    ELSE format('CASE WHEN %s IS DISTINCT FROM NULL THEN %s END', value, leat_internal.text_expression(value, typid, types_proven)) END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.router_source(options leat_internal.attachment, shape record) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    found record;
BEGIN
    SELECT e.* INTO found FROM leat_internal.router_expressions(options, 'NEW', true) AS e;
    RETURN leat_internal.fill(
        $template$
-- For an outbox table. Written by leat.attach, and by leat.refresh when the table's shape changes.
DECLARE
    event    text[];
    payload  text;
    encoding text := {{encoding}};
BEGIN
    BEGIN
        IF {{guard}}
           AND {{same_types}} THEN
            payload := {{payload}};
            event := {{event}};
        END IF;
    EXCEPTION WHEN OTHERS THEN
        event := NULL;
    END;
    IF leat_internal.route_event({{attachment}}, TG_RELID, NEW, event, payload, encoding, {{schema_name}}, {{table_name}}, {{may_pass}},
                                 {{stream}}, {{format}}) THEN
        {{captured}};
    END IF;
    RETURN NULL;
END
$template$,
        jsonb_build_object(
            'attachment', options.attachment,
            'guard', CASE WHEN found.problem IS NULL THEN shape.guard ELSE 'false' END,
            'same_types', leat_internal.types_expression(shape.typed_names, shape.typed_types, 'NEW'),
            'encoding', quote_literal(coalesce(found.encoding, 'text')),
            'payload', coalesce(found.payload, 'NULL'),
            'event', found.event,
            'schema_name', quote_literal(shape.event_schema),
            'table_name', quote_literal(shape.event_table),
            'may_pass', (options.on_quarantine = 'pass')::text,
            'stream', quote_nullable(coalesce(options.event_router ->> 'stream', options.stream)),
            'format', quote_nullable(options.format),
            -- The trigger !leat_remove removes this row and no other.
            'captured', CASE WHEN options.event_router ? 'delete' THEN $q$PERFORM set_config('leat.routed', concat(TG_RELID, ' ', NEW.ctid), true)$q$
                             ELSE 'NULL' END));
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.route_event(
        attachment integer, fired_for oid, new_row record, event text[], payload text, encoding text, schema_name text, table_name text,
        may_pass boolean, stream text, format text)
    RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_variable
DECLARE
    options       leat_internal.attachment;
    found         record;
    trace_parent  text;
    event_key     json;
    event_payload json;
    event_context text := leat_internal.readable(nullif(current_setting('leat.context', true), ''));
    target        text;
    wanted        text;
    failure       text;
BEGIN
    IF event IS NULL THEN
        IF EXISTS (SELECT FROM leat_internal.attachment a
                    WHERE a.attachment = route_event.attachment AND a.relation <> fired_for
                      AND a.relation NOT IN (SELECT p.relid FROM pg_partition_ancestors(fired_for) AS p))
           OR leat_internal.captured_above(attachment, 'capture') IS NOT NULL THEN
            RETURN false;
        END IF;
        BEGIN
            SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = route_event.attachment;
            SELECT e.* INTO found FROM leat_internal.router_expressions(options, 'leat_image', false) AS e;
            IF found.problem IS NULL THEN
                EXECUTE format('SELECT %s, %s FROM (SELECT ($1).*) AS leat_image', found.event, found.payload) INTO STRICT event, payload USING new_row;
                encoding := found.encoding;
            ELSE
                failure := 'the row could not be read: ' || found.problem;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            failure := 'the row could not be read: ' || SQLERRM;
        END;
    END IF;
    IF failure IS NULL THEN
        BEGIN
            IF encoding = 'text' AND payload ~ '^[[:space:]]*[{[]' THEN
                BEGIN
                    event_payload := payload::json;
                    encoding := 'json';
                EXCEPTION WHEN OTHERS THEN
                    NULL;  -- it only begins like JSON
                END;
            ELSIF encoding = 'json' THEN
                event_payload := payload::json;
            END IF;
            IF encoding <> 'json' THEN
                event_payload := to_json(payload);
            END IF;
            event_key := concat('{"id":', coalesce(to_json(event[1])::text, 'null'), ',"aggregatetype":' || to_json(event[2]),
                                ',"encoding":' || to_json(CASE WHEN encoding <> 'json' AND payload IS NOT NULL THEN encoding END),
                                ',"key":', coalesce(to_json(event[3])::text, 'null'), '}')::json;
            IF getdatabaseencoding() <> 'UTF8' THEN
                PERFORM convert_to(concat(event_key::text, event[4], event_payload::text), 'UTF8');
            END IF;
            target := leat_internal.stream_for(stream, coalesce(event[2], ''));
            failure := CASE
                WHEN coalesce(event[3], '') = '' THEN 'its aggregateid is null or empty, so it has no order to keep: write the event again with one'
                WHEN coalesce(event[4], '') = '' THEN 'its type is null or empty: write the event again with one'
                WHEN target <> stream AND (coalesce(event[2], '') = '' OR target !~ '(^|:stream/)[a-zA-Z0-9_.-]{1,128}$')
                THEN concat('its aggregatetype "', event[2], '" makes no name of a stream in ', stream) END;
        EXCEPTION WHEN OTHERS THEN
            failure := 'the event could not be written as JSON in UTF-8: ' || SQLERRM;
            event_key := NULL;
            event_payload := NULL;
            event[4] := NULL;
        END;
    END IF;
    failure := left(leat_internal.readable(left(failure, 1000)), 1000);
    wanted := CASE WHEN failure IS NULL THEN leat_internal.event_partition(event[3])
                   ELSE leat_internal.partition_key(quote_ident(schema_name) || '.' || quote_ident(table_name)) END;
    trace_parent := substring(event[5] FROM '[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}');
    IF trace_parent IS NOT NULL THEN
        BEGIN
            IF event_context IS NULL OR json_typeof(event_context::json) = 'object' THEN
                event_context := coalesce(event_context::jsonb, '{}') || jsonb_build_object('traceparent', trace_parent);
            END IF;
        EXCEPTION WHEN OTHERS THEN
            NULL;  -- the writer's context is no JSON, and stays as it is
        END;
    END IF;
    INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, type, partition_key, key, after, context, db_user,
                                      application, stream, format, fault)
    VALUES (leat_internal.lane_of(wanted), 'm', true, may_pass, clock_timestamp(), txid_current(), event[4], wanted, event_key, event_payload,
            event_context, leat_internal.readable(coalesce(nullif(current_setting('role'), 'none'), session_user)),
            nullif(current_setting('application_name'), ''), CASE WHEN failure IS NULL THEN target END, format, failure);
    RETURN failure IS NULL;
END
$$;

-- It runs with the rights and the search_path of the writer, because the DELETE runs the application's own triggers. So all names and operators in it
-- have their schema. A writer who may not delete leaves the row.
CREATE OR REPLACE FUNCTION leat_internal.remove_routed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF pg_catalog.concat(TG_RELID, ' ', NEW.ctid) OPERATOR(pg_catalog.=) pg_catalog.current_setting('leat.routed', true)
       AND pg_catalog.has_table_privilege(TG_RELID, 'DELETE') AND pg_catalog.has_table_privilege(TG_RELID, 'SELECT') THEN
        EXECUTE pg_catalog.format('DELETE FROM %I.%I WHERE ctid OPERATOR(pg_catalog.=) $1', TG_TABLE_SCHEMA, TG_TABLE_NAME) USING NEW.ctid;
    END IF;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.router_columns(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.router_expressions(leat_internal.attachment, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.nullable_text(text, oid, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.router_source(leat_internal.attachment, record) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.route_event(integer, oid, record, text[], text, text, text, text, boolean, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.remove_routed() FROM PUBLIC;

-- leat_internal.event_values(options, shape): SQL for the values that all events of a table share, by the columns of the outbox.
-- leat_internal.hides_values(options): whether the text of an error must be kept secret, because it may quote a value of an excluded or masked
-- column.
-- leat_internal.error_expression(options): SQL for the description of a caught error.
CREATE OR REPLACE FUNCTION leat_internal.event_values(options leat_internal.attachment, shape record) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    context text := $q$nullif(current_setting('leat.context', true), '')$q$;
    db_user text := $q$coalesce(nullif(current_setting('role'), 'none'), session_user)$q$;
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        context := 'leat_internal.readable(' || context || ')';
        db_user := 'leat_internal.readable(' || db_user || ')';
    END IF;
    RETURN jsonb_build_object(
        'held', shape.held::text,
        'may_pass', (options.on_quarantine = 'pass')::text,
        'schema_name', quote_literal(shape.event_schema),
        'table_name', quote_literal(shape.event_table),
        'context', context,
        'db_user', db_user,
        'application', $q$nullif(current_setting('application_name'), '')$q$,
        'stream', quote_nullable(options.stream),
        -- The poller cannot see what the key is.
        'format', quote_nullable(options.format
                                 || CASE WHEN NOT leat_internal.is_dms(options.format) THEN ''
                                         WHEN options.mapping ? 'key' THEN ':key=' || (options.mapping #>> '{key,type}')
                                         WHEN NOT shape.held THEN ':key=primary-key'
                                         WHEN cardinality(shape.key_names) = 0 THEN ':key=schema-table'
                                         ELSE ':key=attribute-name' END));
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.hides_values(options leat_internal.attachment) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT cardinality(options.left_out || options.masked) > 0 $$;

CREATE OR REPLACE FUNCTION leat_internal.error_expression(options leat_internal.attachment) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE WHEN leat_internal.hides_values(options) THEN $q$'SQLSTATE ' || SQLSTATE$q$ ELSE 'SQLERRM' END $$;

-- leat_internal.lane_expression(partition): SQL for the lane of a stored partition key, as leat_internal.lane_of computes it. It is inlined because a
-- call costs more than the computation.
CREATE OR REPLACE FUNCTION leat_internal.lane_expression(partition text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT format($q$(get_byte(decode(md5(%s), 'hex'), 0) >> 2)::smallint$q$,
                      CASE WHEN getdatabaseencoding() = 'UTF8' THEN partition
                           ELSE format($q$convert_to(%s, 'UTF8')$q$, partition) END)
    $$;

REVOKE ALL ON FUNCTION leat_internal.insert_event(jsonb, text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_source(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.event_values(leat_internal.attachment, record) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.hides_values(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.error_expression(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.lane_expression(text) FROM PUBLIC;

-- leat_internal.statement_source(attachment): the part of a trigger function that captures whole statements (leat_internal.capture_source puts it
-- before the rest, for tables that are attached with capture => 'statement').
-- leat_internal.statement_declarations(): the variables that this part needs.
--
-- The rows are read from their transition tables by one INSERT into the outbox. MERGE and INSERT ... ON CONFLICT fire for deletes first,
-- then for updates, then for inserts, so that a key that is deleted and created again has its delete first.
--
-- An update matches the two images of a row by their positions, because PostgreSQL appends both at the same time. A row whose key has changed becomes
-- a delete under the old key, written with the updates, and an insert under the new key, written after all updates. Even if the positions differed,
-- each key would have its right events.
--
-- The triggers of statements in WITH fire in the order in which the statements end, and a statement whose result is not read completely ends last. So
-- a row may leave a key before another row is inserted under it, and yet the trigger of the insert fires first. So creates of a key that were
-- captured since the removing statement began (leat_internal.capture_began) are written again after the delete. The outbox is read only if there are
-- such creates of this table (leat.created_<oid>, for this transaction), because a SERIALIZABLE transaction that reads the outbox conflicts with
-- every other one that reads and writes it.
--
-- No value can make this fail: the types are PostgreSQL's own (leat_internal.statement_risks). Rows whose JSON might be too large are captured by the
-- dynamic statement, one at a time in a block that catches every error, as all rows are after DDL.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  text
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat_internal.statement_source(attachment integer) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    -- A character of a value takes at most six bytes in JSON, compression saves at most a factor of 256, and a JSON text must stay below a gigabyte.
    too_wide CONSTANT integer := 500000;
    options     leat_internal.attachment;
    shape       record;
    every_event jsonb;
    created     jsonb;
    deleted     text;
    updated     text;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = statement_source.attachment;
    SELECT s.* INTO STRICT shape FROM leat_internal.shape(options.attachment) s;
    every_event := leat_internal.event_values(options, shape) || jsonb_build_object(
        'held', 'false',
        'captured_at', 'own_at',
        'xid', 'own_xid',
        'context', 'own_context',
        'db_user', 'own_user',
        'application', 'own_application');
    created := every_event || jsonb_build_object(
        'lane', leat_internal.lane_expression('r.new_partition'),
        'op', $q$'c'$q$,
        'partition_key', 'r.new_partition',
        'key', 'r.new_key',
        'after', 'r.new_image');
    deleted := leat_internal.rows_expression('DELETE', shape, options.before, '', true);
    updated := leat_internal.rows_expression('UPDATE', shape, options.before, '', true);
    RETURN leat_internal.fill(
        $template$    IF TG_LEVEL = 'STATEMENT' AND TG_OP <> 'TRUNCATE' THEN
        IF TG_OP = 'DELETE' THEN
            SELECT count(*), max(pg_column_size(leat_old.*)) INTO row_count, widest FROM leat_old;
        ELSE
            SELECT count(*), max(pg_column_size(leat_new.*)) INTO row_count, widest FROM leat_new;
        END IF;
        IF row_count = 0 THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' AND {{before}} THEN
            SELECT greatest(widest, max(pg_column_size(leat_old.*))) INTO widest FROM leat_old;
        END IF;
        BEGIN
            IF {{guard}} THEN
                IF TG_OP = 'DELETE' THEN
                    SELECT {{same_old_types}} INTO typed FROM leat_old LIMIT 1;
                ELSE
                    SELECT {{same_new_types}} INTO typed FROM leat_new LIMIT 1;
                END IF;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            typed := false;  -- a column has gone, or has another name
        END;
        IF typed IS NOT TRUE
           AND (EXISTS (SELECT FROM leat_internal.attachment a WHERE a.attachment = {{attachment}} AND a.relation <> TG_RELID)
                OR leat_internal.captured_above({{attachment}}, 'capture') IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        IF widest > {{too_wide}} OR typed IS NOT TRUE THEN
            one_by_one := widest > {{too_wide}};
            row_no := 0;
            WHILE row_no < row_count LOOP
                failure := NULL;
                BEGIN
                    IF shape IS NULL THEN
                        SELECT s.* INTO STRICT shape FROM leat_internal.shape({{attachment}}) AS s;
                    END IF;
                    IF shape.unsafe THEN
                        problem := shape.problem;
                        RAISE EXCEPTION '%', problem;
                    END IF;
                    IF one_by_one THEN
                        EXECUTE 'SELECT * FROM ' || leat_internal.rows_expression(
                                    TG_OP, shape, {{before}}, 'OFFSET ' || row_no || ' LIMIT 1', false) || ' AS r'
                           INTO STRICT pair;
                    ELSE
                        IF cursor IS NULL THEN
                            OPEN cursor FOR EXECUTE 'SELECT * FROM ' || leat_internal.rows_expression(TG_OP, shape, {{before}}, '', false)
                                || ' AS r' || CASE TG_OP WHEN 'UPDATE' THEN ' ORDER BY r.place' ELSE '' END;
                        END IF;
                        FETCH cursor INTO pair;
                    END IF;
                EXCEPTION WHEN OTHERS THEN
                    failure := left('the row could not be read: ' || coalesce(problem, {{error}}), 1000);
                END;
                IF failure IS NOT NULL AND NOT one_by_one THEN
                    -- Reading the rows one by one shows which one fails. The failure has closed the cursor.
                    cursor := NULL;
                    one_by_one := true;
                    CONTINUE;
                END IF;
                row_no := row_no + 1;
                IF failure IS NULL THEN
                    PERFORM leat_internal.write_events(TG_OP, shape.held, {{may_pass}}, shape.event_schema, shape.event_table,
                                                       pair.old_partition, pair.new_partition, pair.old_key, pair.new_key,
                                                       pair.old_image, pair.new_image, {{stream}}, {{format}}, {{hide_values}}, NULL);
                ELSE
                    PERFORM leat_internal.write_events(TG_OP, true, {{may_pass}}, {{schema_name}}, {{table_name}}, NULL, NULL, NULL, NULL,
                                                       NULL, NULL, {{stream}}, {{format}}, {{hide_values}}, failure);
                END IF;
            END LOOP;
            IF cursor IS NOT NULL THEN
                CLOSE cursor;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
            END IF;
            RETURN NULL;
        END IF;
        own_at := clock_timestamp();
        own_xid := txid_current();
        own_context := nullif(current_setting('leat.context', true), '');
        own_user := coalesce(nullif(current_setting('role'), 'none'), session_user);
        own_application := nullif(current_setting('application_name'), '');
        IF TG_OP = 'INSERT' THEN
            {{insert_created}};
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
            RETURN NULL;
        END IF;
        -- Any session can set it to any text.
        began := substring(current_setting('leat.began_' || TG_RELID, true) FROM '^[0-9]{1,18}$')::bigint;
        early := substring(current_setting('leat.created_' || TG_RELID, true) FROM '^[0-9]{1,18}$')::bigint > began;
        IF TG_OP = 'DELETE' THEN
            {{insert_deleted}};
            IF early THEN
                SELECT array_agg(r.old_partition) INTO moved FROM {{deleted_rows}} AS r;
            END IF;
        ELSE
            WITH written AS (
                {{insert_updated}}
                RETURNING op, partition_key)
            SELECT array_agg(w.partition_key) FILTER (WHERE w.op = 'd') INTO moved FROM written AS w;
        END IF;
        IF early AND moved IS NOT NULL THEN
            WITH early AS (
                DELETE FROM leat_internal.outbox AS o
                 WHERE o.lane = ANY ({{all_lanes}}) AND o.id > began AND o.xid = own_xid AND o.op = 'c' AND o.partition_key = ANY (moved)
                RETURNING o.*)
            {{insert_early_again}};
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
        END IF;
        IF TG_OP = 'UPDATE' AND moved IS NOT NULL THEN
            {{insert_moved}};
            PERFORM set_config('leat.created_' || TG_RELID, currval('leat_internal.outbox_id_seq')::text, true);
        END IF;
        RETURN NULL;
    END IF;

$template$,
        jsonb_build_object(
            'attachment', options.attachment,
            'too_wide', too_wide,
            'before', options.before::text,
            'guard', shape.guard,
            'same_old_types', leat_internal.types_expression(shape.typed_names, shape.typed_types, 'leat_old'),
            'same_new_types', leat_internal.types_expression(shape.typed_names, shape.typed_types, 'leat_new'),
            'error', leat_internal.error_expression(options),
            'hide_values', leat_internal.hides_values(options)::text,
            'may_pass', every_event -> 'may_pass',
            'stream', every_event -> 'stream',
            'format', every_event -> 'format',
            'schema_name', every_event -> 'schema_name',
            'table_name', every_event -> 'table_name',
            'all_lanes', format('%L::smallint[]', ARRAY(SELECT generate_series(0, 63))),
            'deleted_rows', deleted,
            'insert_created', leat_internal.insert_event(
                created, leat_internal.rows_expression('INSERT', shape, options.before, '', true) || ' AS r', 12),
            'insert_deleted', leat_internal.insert_event(every_event || jsonb_build_object(
                'lane', leat_internal.lane_expression('r.old_partition'),
                'op', $q$'d'$q$,
                'partition_key', 'r.old_partition',
                'key', 'r.old_key',
                'before', 'r.old_image'), deleted || ' AS r', 12),
            'insert_updated', leat_internal.insert_event(every_event || jsonb_build_object(
                'lane', leat_internal.lane_expression('r.old_partition'),
                'op', $q$CASE WHEN r.same THEN 'u' ELSE 'd' END$q$,
                'partition_key', 'r.old_partition',
                'key', 'CASE WHEN r.same THEN r.new_key ELSE r.old_key END',
                'before', 'r.old_image',
                'after', 'CASE WHEN r.same THEN r.new_image END'), updated || ' AS r', 16),
            'insert_moved', leat_internal.insert_event(created, updated || ' AS r WHERE NOT r.same', 12),
            'insert_early_again', leat_internal.insert_event(
                (SELECT jsonb_object_agg(c.name, 'e.' || c.name) FROM jsonb_object_keys(every_event || created || '{"before": ""}') AS c (name)),
                'early AS e ORDER BY e.id', 12)));
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.statement_declarations() RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT '    row_count     bigint;
    widest        integer;
    typed         boolean;
    problem       text;
    cursor        refcursor;
    shape         record;
    pair          record;
    began         bigint;
    early         boolean;
    moved         text[];
    one_by_one    boolean;
    row_no        bigint;
    own_at        timestamptz;
    own_xid       bigint;
    own_context   text;
    own_user      text;
    own_application text;
'
    $$;

REVOKE ALL ON FUNCTION leat_internal.statement_source(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.statement_declarations() FROM PUBLIC;

-- leat_internal.capture_dynamically(attachment, fired_for, operation, old_row, new_row, ...): captures one row by a dynamic statement: it reads the
-- table's names from the catalog (leat_internal.shape). If that fails too, the event has no images, names the reason in fault, and goes to
-- quarantine. Called by the generated functions, under their settings.
-- leat_internal.write_events(...): writes the events of a row that was read in this way. For a row that could not be read, only failure is given.
--
-- attachment       leat_internal.attachment.attachment
-- fired_for        the table whose trigger fired. The row is captured only if this is the attached table or a partition of it, and no table above
--                  captures it (leat_internal.captured_above)
-- operation        INSERT, UPDATE or DELETE
-- old_row, new_row as a trigger has them, of the table's own type
-- schema_name, table_name, may_pass, stream, format   as events of the table have them, in case they cannot be read
-- with_before      whether an event contains the old row. Otherwise it contains only the old primary key, and only if the row was deleted or got
--                  another primary key
-- hide_values      report only the SQLSTATE of an error, because its text may quote a value of an excluded or masked column
-- held, *_partition, *_key, *_image, failure  as the query of leat_internal.shape returns them; failure is null if the query succeeded
-- Tables:          leat_internal.attachment, the catalog; writes leat_internal.outbox
-- Errors:          none but those of the INSERT into the outbox
CREATE OR REPLACE FUNCTION leat_internal.capture_dynamically(
        attachment integer, fired_for oid, operation text, old_row record, new_row record, schema_name text, table_name text,
        with_before boolean, may_pass boolean, stream text, format text, hide_values boolean)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    shape         record;
    is_held       boolean;
    event_schema  text := capture_dynamically.schema_name;
    event_table   text := capture_dynamically.table_name;
    old_partition text;
    new_partition text;
    old_key       json;
    new_key       json;
    old_image     json;
    new_image     json;
    old_pk        json;
    new_pk        json;
    deleted       json;
    old_deleted   json;
    inserted      json;
    updated       json;
    moved         json;
    wanted        boolean;
    problem       text;
    failure       text;
BEGIN
    IF EXISTS (SELECT FROM leat_internal.attachment a
                WHERE a.attachment = capture_dynamically.attachment AND a.relation <> fired_for
                  AND a.relation NOT IN (SELECT p.relid FROM pg_partition_ancestors(fired_for) AS p))
       OR leat_internal.captured_above(attachment, 'capture') IS NOT NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT s.* INTO STRICT shape FROM leat_internal.shape(attachment) AS s;
        IF shape.unsafe THEN
            problem := shape.problem;
            RAISE EXCEPTION '%', problem;
        END IF;
        is_held := shape.held;
        event_schema := shape.event_schema;
        event_table := shape.event_table;
        IF operation <> 'INSERT' THEN
            EXECUTE shape.query INTO STRICT old_partition, old_key, old_image, old_pk, wanted, deleted, inserted, updated, moved USING old_row, old_row;
            old_partition := CASE WHEN wanted THEN leat_internal.partition_key(shape.prefix || old_partition) END;
            old_deleted := deleted;
        END IF;
        IF operation = 'INSERT' THEN
            EXECUTE shape.query INTO STRICT new_partition, new_key, new_image, new_pk, wanted, deleted, inserted, updated, moved USING new_row, new_row;
        ELSIF operation = 'UPDATE' THEN
            EXECUTE shape.query INTO STRICT new_partition, new_key, new_image, new_pk, wanted, deleted, inserted, updated, moved USING new_row, old_row;
        END IF;
        IF operation <> 'DELETE' THEN
            new_partition := CASE WHEN wanted THEN leat_internal.partition_key(shape.prefix || new_partition) END;
            new_image := coalesce(CASE WHEN old_partition IS NULL THEN inserted WHEN old_partition = new_partition THEN updated ELSE moved END, new_image);
        END IF;
        IF NOT with_before THEN
            old_image := CASE WHEN old_partition = new_partition AND old_pk::text = new_pk::text THEN NULL ELSE old_pk END;
        END IF;
        IF old_partition IS DISTINCT FROM new_partition AND old_partition IS NOT NULL THEN
            old_image := coalesce(old_deleted, old_image);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        failure := left('the row could not be read: '
                        || CASE WHEN problem IS NOT NULL THEN problem WHEN hide_values THEN 'SQLSTATE ' || SQLSTATE ELSE SQLERRM END, 1000);
        is_held := true;
    END;
    PERFORM leat_internal.write_events(operation, is_held, may_pass, event_schema, event_table, old_partition, new_partition, old_key,
                                       new_key, old_image, new_image, stream, format, hide_values, failure);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.write_events(
        operation text, held boolean, may_pass boolean, event_schema text, event_table text, old_partition text,
        new_partition text, old_key json, new_key json, old_image json, new_image json, stream text, format text, hide_values boolean,
        failure text)
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
        new_partition := CASE WHEN operation <> 'DELETE' THEN new_partition END;
    ELSIF getdatabaseencoding() <> 'UTF8' THEN
        -- The event loses its images and keeps its key, so that later events of the key follow on_quarantine.
        BEGIN
            PERFORM convert_to(concat(old_key::text, new_key::text, old_image::text, new_image::text), 'UTF8');
        EXCEPTION WHEN OTHERS THEN
            failure := left('the row has text that has no form in UTF-8: '
                            || CASE WHEN hide_values THEN 'SQLSTATE ' || SQLSTATE ELSE SQLERRM END, 1000);
        END;
    END IF;
    IF failure IS NOT NULL THEN
        failure := left(leat_internal.readable(failure), 1000);
        old_key := NULL;
        new_key := NULL;
        old_image := NULL;
        new_image := NULL;
    END IF;
    -- First a delete if the row leaves its key or the filter, then the event under the present key.
    INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key,
                                      key, before, after, context, db_user, application, stream, format, fault)
    SELECT leat_internal.lane_of(e.partition), e.op, held, may_pass, clock_timestamp(), txid_current(), event_schema, event_table,
           e.partition, e.key, e.before, e.after, event_context, event_user, sent_by, stream, format, failure
      FROM (VALUES (1, old_partition IS NOT NULL AND old_partition IS DISTINCT FROM new_partition,
                    old_partition, 'd'::"char", old_key, old_image, NULL::json),
                   (2, new_partition IS NOT NULL,
                    new_partition, CASE WHEN old_partition = new_partition THEN 'u' ELSE 'c' END::"char", new_key,
                    CASE WHEN old_partition = new_partition THEN old_image END, new_image))
           AS e (place, happened, partition, op, key, before, after)
     WHERE e.happened
     ORDER BY e.place;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.write_events(text, boolean, boolean, text, text, text, text, json, json, json, json, text, text, boolean, text)
    FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_dynamically(integer, oid, text, record, record, text, text, boolean, boolean, text, text, boolean)
    FROM PUBLIC;

-- leat_internal.capture_truncate(truncated, attachment, held, key_list, may_pass, stream, format): writes the markers of a TRUNCATE, one for each lane,
-- because each lane is claimed and published by itself.
--
-- If the attached table itself is truncated, the markers name this table. If one partition is truncated, the markers name that partition, because
-- only a part of the rows is gone. TRUNCATE of a partitioned table fires first for the table and then for each partition. The markers of the
-- partitions are not written if the last event that this session has captured in this transaction is the truncation of a table above them.
--
-- leat_internal.marker_at(place, id): schema and table of a marker that this transaction has written; null if there is none at that place (ctid). The
-- place is kept in a setting (leat.truncated, for this transaction). A SERIALIZABLE transaction that reads the outbox by its index conflicts with
-- every other one that reads and writes it, but reading a row of its own by ctid takes no predicate lock.
--
-- truncated  the table whose trigger fires: the attached one or a partition of it
-- attachment leat_internal.attachment.attachment
-- held, key_list   as the row events had them when the function was written, in case they cannot be read
-- may_pass, stream, format   as the row events have them. Held is not always true: the lock of a TRUNCATE orders it before and after the row events of its
--            table, and later unheld events would overtake a held marker
-- Tables:    reads leat_internal.attachment; reads and writes leat_internal.outbox
-- Errors:    none of its own
CREATE OR REPLACE FUNCTION leat_internal.capture_truncate(
        truncated oid, attachment integer, held boolean, key_list text, may_pass boolean, stream text, format text)
    RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    names   text[] := leat_internal.readable_names(truncated);
    sent_as text[] := leat_internal.readable_names(truncated);  -- the names in the markers
    root_as text[];                                             -- and in those of the attached table
    root    oid;
    is_held boolean := capture_truncate.held;
    list    text := capture_truncate.key_list;
    prefix  text;
    last_id bigint;
    place   text;
    above   text[];
    other   leat_internal.attachment;
BEGIN
    SELECT a.* INTO other FROM leat_internal.attachment a
     WHERE a.attachment = leat_internal.captured_above(capture_truncate.attachment, 'truncate');
    IF other.attachment IS NOT NULL THEN
        -- The partition belongs to the other attachment, whose trigger may be missing still: leat.refresh creates it.
        IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = truncated
                              AND t.tgname = leat_internal.trigger_name('truncate', other.attachment)) THEN
            PERFORM leat_internal.capture_truncate(truncated, other.attachment, capture_truncate.held, capture_truncate.key_list,
                                                   other.on_quarantine = 'pass', other.stream, other.format);
        END IF;
        RETURN;
    ELSIF leat_internal.captured_above(capture_truncate.attachment, 'capture') IS NOT NULL THEN
        RETURN;
    END IF;
    BEGIN
        SELECT a.relation INTO root FROM leat_internal.attachment a WHERE a.attachment = capture_truncate.attachment;
        SELECT s.held, s.key_list, ARRAY[s.event_schema, s.event_table] INTO STRICT is_held, list, root_as
          FROM leat_internal.shape(capture_truncate.attachment) AS s;
        IF truncated = root THEN
            sent_as := root_as;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        NULL;  -- as it was when the function was written
    END;
    prefix := quote_ident(names[1]) || '.' || quote_ident(names[2]) || list || '#';
    IF length(prefix) > 254 THEN
        -- A key that is too long is hashed, except for the lane, which consumers read from the partition key.
        prefix := 'sha256:' || encode(sha256(convert_to(prefix, 'UTF8')), 'hex') || '#';
    END IF;
    -- Without a root, the attachment was deleted by other means than leat.detach. The TRUNCATE is captured all the same.
    IF truncated <> root THEN
        IF NOT EXISTS (SELECT FROM pg_partition_ancestors(truncated) AS p WHERE p.relid = root) THEN
            -- The partition was detached from the table meanwhile; leat.refresh removes this trigger.
            RETURN;
        END IF;
        BEGIN
            last_id := currval('leat_internal.outbox_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_id := NULL;  -- this session has captured nothing yet
        END;
        -- Any session can set it to any text.
        place := substring(current_setting('leat.truncated', true) FROM '^[(][0-9]{1,9},[0-9]{1,4}[)]$');
        above := leat_internal.marker_at(place::tid, last_id);
        IF EXISTS (SELECT FROM pg_partition_ancestors(truncated) AS p
                    WHERE p.relid <> truncated
                      AND above = CASE p.relid WHEN root THEN root_as ELSE leat_internal.readable_names(p.relid) END) THEN
            RETURN;
        END IF;
    END IF;
    WITH marker AS (
        INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, schema_name, table_name, partition_key, context,
                                 db_user, application, stream, format)
        SELECT lane.number, 't', is_held, capture_truncate.may_pass, clock_timestamp(),
               pg_current_xact_id()::text::bigint, sent_as[1], sent_as[2], prefix || lane.number,
               leat_internal.readable(nullif(current_setting('leat.context', true), '')),
               leat_internal.readable(coalesce(nullif(current_setting('role'), 'none'), session_user)),
               nullif(current_setting('application_name'), ''), capture_truncate.stream, capture_truncate.format
          FROM generate_series(0, 63) AS lane (number)
         ORDER BY lane.number
        RETURNING lane, ctid
    )
    SELECT m.ctid::text INTO place FROM marker AS m WHERE m.lane = 63;
    PERFORM set_config('leat.truncated', place, true);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.marker_at(place tid, id bigint) RETURNS text[]
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET enable_indexscan = off
    SET enable_indexonlyscan = off
    SET enable_bitmapscan = off
    SET enable_tidscan = on
    AS $$
        SELECT ARRAY[o.schema_name, o.table_name] FROM leat_internal.outbox o
         WHERE o.ctid = marker_at.place AND o.id = marker_at.id AND o.op = 't' AND o.xid = pg_current_xact_id()::text::bigint
    $$;

REVOKE ALL ON FUNCTION leat_internal.marker_at(tid, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_truncate(oid, integer, boolean, text, boolean, text, text) FROM PUBLIC;

-- leat_internal.owner(): the role that owns all of Leat's objects. An object is never created for the owner of a schema that is not Leat's.
-- leat_internal.capture_settings(): the settings of every capture function. They make the text of a key the same in every session.
-- leat_internal.capture_fault(attachment): what is wrong with an attachment's function: missing, changed, or stale (older than the table's
-- shape); null when nothing is.
-- leat_internal.write_capture(attachment): creates or replaces an attachment's trigger function unless it is as it should be.
-- leat_internal.raise_function_busy(who, attachment, since): raises the error that the function could not be written or dropped, or the attachment
-- stored, since that time.
--
-- The function runs with the rights of Leat's owner, whoever attaches the table, so that writers need no right on Leat's tables. Everybody may
-- execute it, because PostgreSQL requires this right of a role that creates or attaches a partition, which then gets the trigger. Only the owner can
-- use it in a trigger of another table, because that needs USAGE on its schema. There it would capture nothing (leat_internal.shape, guard).
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  write_capture: whether the function was written
-- Tables:   leat_internal.attachment, pg_proc
-- Errors:   insufficient_privilege when the caller may not act for Leat's owner; object_not_in_prerequisite_state when Leat's schemas and
--           tables belong to different roles
CREATE OR REPLACE FUNCTION leat_internal.owner() RETURNS name
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner oid := (SELECT c.relowner FROM pg_class c WHERE c.oid = 'leat_internal.outbox'::regclass);
    other record;
BEGIN
    SELECT n.nspname, pg_get_userbyid(n.nspowner) AS owner INTO other
      FROM pg_namespace n WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal') AND n.nspowner <> owner
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the schema % belongs to %, and Leat''s tables to %', other.nspname, other.owner, pg_get_userbyid(owner)
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('All of Leat must belong to one role: ALTER SCHEMA %I OWNER TO %I.', other.nspname,
                                pg_get_userbyid(owner));
    END IF;
    RETURN pg_get_userbyid(owner);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.capture_settings() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY['search_path=pg_catalog, pg_temp', 'TimeZone=UTC', 'DateStyle=ISO, YMD', 'IntervalStyle=postgres',
                     'lc_monetary=C', 'extra_float_digits=1', 'bytea_output=hex', 'array_nulls=on', 'quote_all_identifiers=off']
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_fault(attachment integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN p.oid IS NULL THEN 'missing'
                    WHEN NOT p.prosecdef OR l.lanname <> 'plpgsql' OR pg_get_userbyid(p.proowner) <> leat_internal.owner()
                         OR p.proconfig IS DISTINCT FROM leat_internal.capture_settings()
                         OR NOT has_function_privilege('public', p.oid, 'EXECUTE') THEN 'changed'
                    WHEN p.prosrc IS DISTINCT FROM leat_internal.capture_source(capture_fault.attachment)
                    THEN CASE WHEN p.prosrc = a.source THEN 'stale' ELSE 'changed' END
               END
          FROM leat_internal.attachment a
          LEFT JOIN pg_proc p ON p.pronamespace = 'leat_internal'::regnamespace AND p.proname = 'capture_' || a.attachment
                                 AND p.pronargs = 0
          LEFT JOIN pg_language l ON l.oid = p.prolang
         WHERE a.attachment = capture_fault.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.write_capture(attachment integer) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    name    text := 'capture_' || attachment;
    code    text;
    setting text;
BEGIN
    IF leat_internal.capture_fault(attachment) IS NULL THEN
        RETURN false;
    END IF;
    code := leat_internal.capture_source(attachment);
    EXECUTE format('CREATE OR REPLACE FUNCTION leat_internal.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER %s AS %L', name,
                   (SELECT string_agg(format('SET %I = %s', split_part(s, '=', 1),
                                             -- A list of names must not be quoted as one name.
                                             CASE WHEN s LIKE 'search_path=%' THEN split_part(s, '=', 2)
                                                  ELSE quote_literal(split_part(s, '=', 2)) END), ' ')
                      FROM unnest(leat_internal.capture_settings()) AS s),
                   code);
    EXECUTE format('ALTER FUNCTION leat_internal.%I() OWNER TO %I', name, leat_internal.owner());
    EXECUTE format('REVOKE ALL ON FUNCTION leat_internal.%I() FROM PUBLIC', name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION leat_internal.%I() TO PUBLIC', name);
    UPDATE leat_internal.attachment a SET source = code WHERE a.attachment = write_capture.attachment;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.raise_function_busy(who text, attachment integer, since timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    name text := 'capture_' || raise_function_busy.attachment;
BEGIN
    PERFORM leat_internal.raise_busy(
        who, 'the function leat_internal.' || name || '()', since,
        leat_internal.holders(
            '{}', ARRAY(SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = name),
            ARRAY(SELECT p.xmax FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = name
                  UNION
                  SELECT a.xmax FROM leat_internal.attachment a WHERE a.attachment = raise_function_busy.attachment
                  UNION
                  SELECT s.xmax FROM leat_internal.attachment_state s WHERE s.attachment = raise_function_busy.attachment)));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.owner() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_settings() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_fault(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.write_capture(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.raise_function_busy(text, integer, timestamptz) FROM PUBLIC;
