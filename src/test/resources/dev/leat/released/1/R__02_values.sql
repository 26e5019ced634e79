-- The parts of an event, from a row's values: texts, keys, lanes, JSON.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.fill(template, parts): replaces the names in a template of SQL, such as {{key}}, by their parts.
--
-- The template is split at its braces once, and inserted text is not searched again, because a table or a column may be called {{key}}.
--
-- template  text of Leat's own. It must not contain names that users chose
-- parts     SQL by name
-- Returns:  text
-- Tables:   none
-- Errors:   undefined_parameter if the template names a part that is not given, or does not use a given one
CREATE OR REPLACE FUNCTION leat_internal.fill(template text, parts jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    pieces text[] := regexp_split_to_array(template, '[{][{]|[}][}]');
    names  text[];
    wrong  text;
BEGIN
    -- Each second piece was between braces.
    SELECT array_agg(p.piece) INTO names FROM unnest(pieces) WITH ORDINALITY AS p (piece, place) WHERE p.place % 2 = 0;
    SELECT coalesce(n.name, k.key) INTO wrong
      FROM unnest(names) AS n (name) FULL JOIN jsonb_object_keys(parts) AS k (key) ON k.key = n.name
     WHERE n.name IS NULL OR parts ->> n.name IS NULL
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'leat_internal.fill: the part % is not in the template, or has no value', wrong USING ERRCODE = 'undefined_parameter';
    END IF;
    RETURN (SELECT string_agg(CASE WHEN p.place % 2 = 0 THEN parts ->> p.piece ELSE p.piece END, '' ORDER BY p.place)
              FROM unnest(pieces) WITH ORDINALITY AS p (piece, place));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.fill(text, jsonb) FROM PUBLIC;

-- leat_internal.readable_names(relid): the present schema and name of a relation, each by leat_internal.readable; null if it was dropped.
-- leat_internal.readable(text): a text that every client can read. In a database whose encoding is not UTF-8, a text may contain bytes that cannot be
-- converted to UTF-8. A poller could not read a lane with such a text.
--
-- text      as the database holds it
-- Returns:  the same. If it cannot be converted: ASCII, with \ooo for each byte above 127 and \\ for \
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.readable(text text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        PERFORM convert_to(text, 'UTF8');
    END IF;
    RETURN text;
EXCEPTION WHEN OTHERS THEN
    RETURN encode(convert_to(text, getdatabaseencoding()::name), 'escape');
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.readable_names(relid oid) RETURNS text[]
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY[leat_internal.readable(names[1]), leat_internal.readable(names[2])]
          FROM (SELECT object_names FROM pg_identify_object_as_address('pg_class'::regclass, relid, 0)) AS o (names)
         WHERE names IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.readable_names(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.readable(text) FROM PUBLIC;

-- leat_internal.partition_key(wanted): the partition key to store for a wanted one. Kinesis accepts at most 256 characters, so a longer one is
-- replaced by its hash. That happens here and not later, because the lane must be that of the key that is sent.
--
-- wanted    any text
-- Returns:  wanted, or sha256: and 64 hexadecimal digits
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.partition_key(wanted text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN length(wanted) > 256
                    THEN 'sha256:' || encode(sha256(convert_to(wanted, 'UTF8')), 'hex')
                    ELSE wanted END
    $$;

REVOKE ALL ON FUNCTION leat_internal.partition_key(text) FROM PUBLIC;

-- leat_internal.free_key(wanted): the partition key for a text that somebody chose. It is never that of a table's events that are not held, because
-- partition keys of tables begin with schema.table (or sha256:): such a text, and an empty one, gets a preceding ~.
--
-- Returns:  text
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.free_key(wanted text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN wanted COLLATE "C" = '' OR starts_with(wanted, 'sha256:')
                         OR wanted COLLATE "C" ~ '^([a-z_][a-z0-9_]*|"([^"]|"")+")[.]([a-z_][a-z0-9_]*|"([^"]|"")+")([.(#]|$)'
                    THEN '~' || wanted ELSE wanted END
    $$;

REVOKE ALL ON FUNCTION leat_internal.free_key(text) FROM PUBLIC;
-- leat_internal.event_partition(key): the partition key to store for a domain event's key. Partition keys of tables begin with schema.table (or
-- sha256:), so a key that could be one of these has a preceding ~.
CREATE OR REPLACE FUNCTION leat_internal.event_partition(key text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT leat_internal.partition_key(leat_internal.free_key(key))
    $$;

REVOKE ALL ON FUNCTION leat_internal.event_partition(text) FROM PUBLIC;

-- leat_internal.stream_for(stream, aggregate_type): the stream of an outbox table's events: with the aggregate type in the place of {aggregatetype}
-- after a dollar sign. The two are apart here, because Flyway would replace them.
CREATE OR REPLACE FUNCTION leat_internal.stream_for(stream text, aggregate_type text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT replace(stream, '$' || '{aggregatetype}', aggregate_type) $$;

REVOKE ALL ON FUNCTION leat_internal.stream_for(text, text) FROM PUBLIC;

-- leat_internal.lane_of(partition_key): the lane of a partition key: the top six bits of its MD5, by which Kinesis chooses the shard.
--
-- partition_key  as stored (leat_internal.partition_key)
-- Returns:  0 to 63
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.lane_of(partition_key text) RETURNS smallint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT (get_byte(decode(md5(convert_to(partition_key, 'UTF8')), 'hex'), 0) >> 2)::smallint $$;

REVOKE ALL ON FUNCTION leat_internal.lane_of(text) FROM PUBLIC;

-- SQL for the parts of an event, for the capture functions and for the dynamic statements.
--
-- This SQL runs with the rights of Leat's owner, on values whose types may belong to another role. row_to_json, to_json and a cast to text call the
-- casts that the type's owner created, with these rights, and a cast may be created long after the table was attached. So a value of a type that is
-- not PostgreSQL's own is converted only by its output function (format), which only a superuser can create. The fields of a composite value are
-- converted one by one.
--
-- leat_internal.base_type(typid): the type that a domain is based on; any other type itself.
-- leat_internal.plain(typid): whether to_json calls no user-defined cast for the type: PostgreSQL's own types, domains over them, arrays of these.
-- leat_internal.text_expression(value, typid, types_proven): SQL for a value as text.
-- leat_internal.too_nested(types): whether composite values of these types have more than 500 fields or more than four levels, so that an expression
-- for each field would slow down every row. Then they are written as text.
-- leat_internal.json_expression(value, typid, types_proven, as_text): SQL for a value that row_to_json and to_json may get in place of this one.
-- leat_internal.nested_json(elements, dimensions): the JSON of an array, made of the JSON of its elements in order.
-- leat_internal.types_expression(names, types, row_name): SQL that is true as long as these columns have these types.
-- leat_internal.suffix_expression(hashed, names, types, row_name, types_proven, output): SQL for the suffix of the partition key after the table: a dot
-- and the key's text, or the hash of the hashed columns, or nothing if there is no key. If the mapping of output has a text: the key itself.
-- leat_internal.key_expression(names, types, row_name, types_proven, output): SQL for the key columns as a JSON object, or null if there is no key. If
-- the mapping of output has a text: {"key": text}.
-- leat_internal.value_expression(name, typid, is_masked, row_name, types_proven, as_text, output): SQL for the value of a column in an image.
-- leat_internal.mapped_text(text, row_name, types_proven, output): SQL for a text of a mapping: its parts, each a text or a column. The text of a column
-- is that of its value in an image; null is the empty text, but if there is no other part.
-- leat_internal.mapped_expression(attribute, row_name, types_proven, output): SQL for an attribute of a mapping, with its name: a column's value, a
-- text, or an object of attributes.
-- leat_internal.record_expression(names, types, masked, known, row_name, types_proven, output, further): SQL for an image of some columns; null columns that are
-- not among the known ones.
-- leat_internal.column_expression(name, typid, is_masked, row_name, types_proven, as_text, output): SQL for one column of an image, with its name.
-- leat_internal.random_digits(text): the text with another digit in the place of each digit.
-- leat_internal.image_expression(names, types, masked, row_name, types_proven, output, further): SQL for the row as a JSON object; the whole row when names is null.
-- leat_internal.pk_expression(names, types, masked, image_names, row_name, types_proven, output, further): the same for the columns that identify a row; null if there are none.
-- leat_internal.filter_expression(filter, row_name): SQL that is true if a row is to be captured; null if filter is null, which is as
-- leat_internal.shape returns it. A value of a
-- type that is not PostgreSQL's own is compared by its text, because an operator of the type's owner would run with the rights of Leat's owner.
-- leat_internal.rows_expression(operation, shape, before, limit_clause, types_proven): SQL for the rows of a statement's transition tables leat_old
-- and leat_new, as a query in parentheses: old_partition, new_partition, old_key, new_key, old_image, new_image, and for an UPDATE same (whether the
-- key is unchanged) and place (the number of the row in the statement).
--
-- value     SQL
-- typid     the value's type; null: not known
-- as_text   whether composite values are written as their text
-- types_proven   whether the surrounding code has proven the types. Otherwise the expression checks them at run time
-- hashed    column names whose values together are the key, by their hash; null: names are the key columns
-- names     column names; they are quoted here
-- types     beside names
-- masked    beside names: true for a column whose value is replaced by a mask (null stays null)
-- row_name  NEW, OLD or an alias
-- shape     what leat_internal.shape has returned
-- output    how values are written, and the mapping (leat_internal.shape)
-- further   columns after those of the row, as a list for SELECT (leat_internal.added_list); null: none
-- known     the columns whose values may be used; null: all. An attribute of others is null, or left out where nulls are
-- format    the attachment's; dms has values of its own
-- image_names    of shape: with dms and null-and-empty, a deleted row has all of them, null but for the key
-- limit_clause   which rows: an empty text for all, OFFSET 7 LIMIT 1 for one
-- Returns:  text of an expression
-- Tables:   pg_type, pg_attribute
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.base_type(typid oid) RETURNS oid
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE chain (oid, next) AS (
            SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.oid = base_type.typid
            UNION ALL
            SELECT t.oid, t.typbasetype FROM chain c JOIN pg_type t ON t.oid = c.next
        )
        SELECT c.oid FROM chain c WHERE c.next = 0
    $$;

CREATE OR REPLACE FUNCTION leat_internal.plain(typid oid) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    base    oid := leat_internal.base_type(typid);
    element oid;
BEGIN
    -- initdb assigns only oids below 16384, and everything else only oids from 16384 on.
    IF base < 16384 THEN
        RETURN true;
    END IF;
    SELECT t.typelem INTO element FROM pg_type t
     WHERE t.oid = base AND t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc;
    RETURN FOUND AND leat_internal.plain(element);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.text_expression(value text, typid oid, types_proven boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    own boolean := coalesce(leat_internal.base_type(typid) < 16384, false);
BEGIN
    IF types_proven THEN
        RETURN format(CASE WHEN own THEN '%s::text' ELSE $q$format('%%s', %s)$q$ END, value);
    END IF;
    RETURN format($q$CASE WHEN %2$s THEN %1$s::text ELSE format('%%s', %1$s) END$q$, value,
                  concat_ws(' OR ', format('pg_typeof(%s)::oid < 16384', value),
                            CASE WHEN own THEN format('pg_typeof(%s)::oid = %s', value, typid) END));
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.too_nested(types oid[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF 16384 > ALL (types) THEN
        RETURN false;
    END IF;
    RETURN (
        WITH RECURSIVE part (oid, depth) AS (
            SELECT u.type, 0 FROM unnest(too_nested.types) AS u (type) WHERE u.type >= 16384
            UNION ALL
            SELECT inner_type.type, p.depth + inner_type.deeper
              FROM part p
              JOIN pg_type t ON t.oid = p.oid
             CROSS JOIN LATERAL (SELECT t.typbasetype AS type, 0 AS deeper WHERE t.typtype = 'd'
                                 UNION ALL
                                 SELECT t.typelem, 0 WHERE t.typsubscript = 'array_subscript_handler'::regproc AND t.typelem <> 0
                                 UNION ALL
                                 SELECT a.atttypid, 1 FROM pg_attribute a
                                  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS inner_type
             WHERE p.oid >= 16384 AND p.depth <= 4
        )
        -- The count stops when the limit is exceeded.
        SELECT count(*) > 500 OR coalesce(max(seen.depth), 0) > 4
          FROM (SELECT part.depth FROM part WHERE part.depth > 0 LIMIT 501) AS seen
    );
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.json_expression(value text, typid oid, types_proven boolean, as_text boolean) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    base    oid := leat_internal.base_type(typid);
    plain   boolean := leat_internal.plain(typid);
    kind    record;
    element record;
    fields  text;
BEGIN
    IF plain AND types_proven THEN
        RETURN value;
    END IF;
    IF plain OR base IS NULL THEN
        RETURN format($q$CASE WHEN %2$s THEN to_json(%1$s) WHEN %1$s IS DISTINCT FROM NULL THEN to_json(format('%%s', %1$s)) END$q$,
                      value,
                      concat_ws(' OR ', format('pg_typeof(%s)::oid < 16384', value),
                                CASE WHEN plain THEN format('pg_typeof(%s)::oid = %s', value, typid) END));
    END IF;
    SELECT t.typtype, t.typrelid,
           CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN t.typelem ELSE 0 END AS typelem
      INTO kind
      FROM pg_type t WHERE t.oid = base;
    IF kind.typtype = 'c' AND NOT as_text THEN
        -- Using a value does not lock its composite type, so the type of each field is checked where the field is read.
        SELECT string_agg(format('%s AS %I', leat_internal.json_expression(format('(%s).%I', value, a.attname), a.atttypid, false, false),
                                 a.attname), ', ' ORDER BY a.attnum)
          INTO fields
          FROM pg_attribute a
         WHERE a.attrelid = kind.typrelid AND a.attnum > 0 AND NOT a.attisdropped;
        RETURN format('CASE WHEN %s IS DISTINCT FROM NULL THEN %s END', value,
                      CASE WHEN fields IS NULL THEN $q$'{}'::json$q$
                           ELSE format('(SELECT row_to_json(leat_fields.*) FROM (SELECT %s) AS leat_fields)', fields) END);
    END IF;
    IF kind.typelem <> 0 THEN
        SELECT t.typdelim, t.typtype = 'c' OR t.typsubscript = 'array_subscript_handler'::regproc AND t.typelem <> 0 AS nested
          INTO element
          FROM pg_type t WHERE t.oid = leat_internal.base_type(kind.typelem);
        IF element.nested AND NOT as_text THEN
            RETURN format('CASE WHEN %1$s IS DISTINCT FROM NULL THEN leat_internal.nested_json('
                          'ARRAY(SELECT (%2$s)::text FROM (SELECT unnest(%1$s) AS value) AS leat_element), array_dims(%1$s)) END',
                          value, leat_internal.json_expression('leat_element.value', kind.typelem, false, false));
        END IF;
        IF element.typdelim = ',' THEN
            -- The array's text is read as an array of texts, so that no cast of the elements is used.
            RETURN format($q$CASE WHEN %1$s IS DISTINCT FROM NULL THEN format('%%s', %1$s)::text[] END$q$, value);
        END IF;
    END IF;
    RETURN format($q$CASE WHEN %1$s IS DISTINCT FROM NULL THEN format('%%s', %1$s) END$q$, value);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.nested_json(elements text[], dimensions text) RETURNS json
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    level text[] := array_replace(elements, NULL, 'null');
    size  integer;
BEGIN
    IF dimensions IS NULL THEN
        RETURN '[]';
    END IF;
    FOR size IN
        SELECT bound.ends[2]::integer - bound.ends[1]::integer + 1
          FROM regexp_matches(dimensions, '(-?[0-9]+):(-?[0-9]+)', 'g') WITH ORDINALITY AS bound (ends, place)
         ORDER BY bound.place DESC
    LOOP
        level := ARRAY(SELECT '[' || string_agg(e.element, ',' ORDER BY e.place) || ']'
                         FROM unnest(level) WITH ORDINALITY AS e (element, place)
                        GROUP BY (e.place - 1) / size
                        ORDER BY (e.place - 1) / size);
    END LOOP;
    RETURN level[1];
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.types_expression(names text[], types oid[], row_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT CASE cardinality(names)
                   WHEN 0 THEN 'true'
                   ELSE format('ARRAY[%s]::oid[] = %L::oid[]',
                               (SELECT string_agg(format('pg_typeof(%s.%I)', row_name, name), ', ' ORDER BY place)
                                  FROM unnest(names) WITH ORDINALITY AS n (name, place)), types)
               END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.mapped_text(text jsonb, row_name text, types_proven boolean, output jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part   jsonb;
    used   jsonb;
    parts  text[] := '{}';
BEGIN
    FOR part IN SELECT p.value FROM jsonb_array_elements(mapped_text.text) AS p (value) LOOP
        IF jsonb_typeof(part) = 'string' THEN
            parts := parts || (quote_literal(part #>> '{}') || '::text');
        ELSE
            used := output #> ARRAY['mapping', 'columns', part ->> 'column'];
            parts := parts || format($q$(to_json(%s) #>> '{}')$q$,
                                     leat_internal.value_expression(used ->> 'name', (used ->> 'type')::oid, (used ->> 'masked')::boolean, row_name,
                                                                    types_proven, true, output));
        END IF;
    END LOOP;
    -- concat takes null as the empty text.
    RETURN CASE WHEN cardinality(parts) = 1 THEN parts[1] ELSE 'concat(' || array_to_string(parts, ', ') || ')' END;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.suffix_expression(
        hashed text[], names text[], types oid[], row_name text, types_proven boolean, output jsonb)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT CASE
                   WHEN output #> '{mapping,key,text}' IS NOT NULL
                   THEN format($q$leat_internal.free_key(coalesce(%s, ''))$q$,
                               leat_internal.mapped_text(output #> '{mapping,key,text}', row_name, types_proven, output))
                   -- Of the text in the database's own encoding, which every text has.
                   WHEN hashed IS NOT NULL
                   THEN format($q$'.' || encode(sha256(convert_to(ROW(%s)::text, %L)), 'hex')$q$,
                               (SELECT string_agg(format('%s.%I', row_name, name), ', ' ORDER BY place)
                                  FROM unnest(hashed) WITH ORDINALITY AS n (name, place)), getdatabaseencoding())
                   WHEN cardinality(names) = 0 THEN $q$''$q$
                   WHEN cardinality(names) = 1 THEN format($q$'.' || coalesce(%s, '')$q$,
                                      leat_internal.text_expression(format('%s.%I', row_name, names[1]), types[1], types_proven))
                   -- A record is converted by output functions alone.
                   ELSE format($q$'.' || ROW(%s)::text$q$,
                               (SELECT string_agg(format('%s.%I', row_name, name), ', ' ORDER BY place)
                                  FROM unnest(names) WITH ORDINALITY AS n (name, place)))
               END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.key_expression(names text[], types oid[], row_name text, types_proven boolean, output jsonb)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT CASE
                   WHEN output #> '{mapping,key,text}' IS NOT NULL
                   THEN format($q$('{"key":' || to_json(coalesce(%s, '')) || '}')::json$q$,
                               leat_internal.mapped_text(output #> '{mapping,key,text}', row_name, types_proven, output))
                   WHEN cardinality(names) = 0 THEN 'NULL::json'
                   ELSE format($q$(%s || '}')::json$q$,
                               (SELECT string_agg(
                                           format($q$%L || coalesce(to_json(%s)::text, 'null')$q$,
                                                  CASE place WHEN 1 THEN '{' ELSE ',' END || to_json(coalesce(output -> 'names' ->> name, name)) || ':',
                                                  leat_internal.json_expression(format('%s.%I', row_name, name), type, types_proven, leat_internal.too_nested(types))),
                                           ' || ' ORDER BY place)
                                  FROM unnest(names, types) WITH ORDINALITY AS n (name, type, place)))
               END
    $$;

-- leat_internal.is_dms(format), has_option(format, option): whether an attachment's format is dms, and whether it has an option.
-- leat_internal.dms_expression(value, typid, types_proven, format): SQL for a column's value as AWS DMS writes it (docs/dms-format.md).
-- leat_internal.dms_value(value, typid, format): the same at run time, of a value's text, for columns whose type is not proven.
--
-- Numbers and booleans are JSON's own. Timestamps are in UTC, with six decimals or none. All else is its text. Domains and types of users go through
-- dms_value, so that no function or cast of a user is called.
CREATE OR REPLACE FUNCTION leat_internal.is_dms(format text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(split_part(format, ':', 1) = 'dms', false) $$;

CREATE OR REPLACE FUNCTION leat_internal.has_option(format text, option text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(option = ANY ((string_to_array(format, ':'))[2:]), false) $$;

CREATE OR REPLACE FUNCTION leat_internal.dms_expression(value text, typid oid, types_proven boolean, format text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF types_proven AND typid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype,
                                  'bool'::regtype, 'date'::regtype) THEN
        RETURN value;
    ELSIF types_proven AND typid IN ('text'::regtype, 'varchar'::regtype) THEN
        RETURN CASE WHEN leat_internal.has_option(format, 'null-and-empty') THEN value ELSE format($q$nullif(%s COLLATE "C", '')$q$, value) END;
    ELSIF types_proven AND typid IN ('timestamp'::regtype, 'timestamptz'::regtype) THEN
        RETURN format($q$CASE WHEN isfinite(%1$s) AND %1$s >= '0001-01-01' THEN replace(to_char(%1$s%2$s, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') ELSE %1$s::text END$q$,
                      value, CASE typid WHEN 'timestamptz'::regtype THEN $q$ AT TIME ZONE 'UTC'$q$ ELSE '' END);
    ELSIF types_proven AND typid = 'money'::regtype THEN
        RETURN value || '::numeric';
    ELSIF types_proven AND typid = 'bytea'::regtype THEN
        RETURN format(CASE WHEN leat_internal.has_option(format, 'no-hex-prefix') THEN $q$encode(%s, 'hex')$q$ ELSE $q$'0x' || encode(%s, 'hex')$q$ END, value);
    ELSIF types_proven AND typid < 16384 THEN
        RETURN CASE WHEN leat_internal.has_option(format, 'null-and-empty') THEN value || '::text' ELSE format($q$nullif(%s::text COLLATE "C", '')$q$, value) END;
    END IF;
    RETURN format($q$CASE WHEN %1$s IS DISTINCT FROM NULL THEN leat_internal.dms_value(format('%%s', %1$s), pg_typeof(%1$s)::oid, %2$L) END$q$, value, format);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.dms_value(value text, typid oid, format text) RETURNS json
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    base oid := leat_internal.base_type(typid);
BEGIN
    IF base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype)
       AND value ~ '^-?[0-9]' THEN
        RETURN value::json;
    ELSIF base = 'bool'::regtype THEN
        RETURN CASE value WHEN 't' THEN 'true' ELSE 'false' END::json;
    ELSIF base IN ('timestamp'::regtype, 'timestamptz'::regtype) AND value ~ '^[0-9]{4,}-[0-9-]+ [0-9:.]+([+]00)?$' THEN
        RETURN to_json(regexp_replace(replace(split_part(value, '+', 1), ' ', 'T') || '.', '([.][0-9]+)?[.]$', '')
                       || CASE WHEN value ~ '[.]' THEN '.' || rpad(substring(value FROM '[.]([0-9]+)'), 6, '0') ELSE '' END || 'Z');
    ELSIF base = 'money'::regtype THEN
        RETURN replace(replace(value, '$', ''), ',', '')::json;
    ELSIF base = 'bytea'::regtype THEN
        RETURN to_json(CASE WHEN leat_internal.has_option(format, 'no-hex-prefix') THEN '' ELSE '0x' END || substr(value, 3));
    ELSIF base = 'bpchar'::regtype THEN
        value := rtrim(value, ' ');
    END IF;
    RETURN CASE WHEN value <> '' OR leat_internal.has_option(format, 'null-and-empty') THEN to_json(value) END;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.is_dms(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.has_option(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.dms_expression(text, oid, boolean, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.dms_value(text, oid, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION leat_internal.value_expression(
        name text, typid oid, is_masked boolean, row_name text, types_proven boolean, as_text boolean, output jsonb)
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    value text := format('%s.%I', row_name, value_expression.name);
    mask  text := output -> 'masks' ->> value_expression.name;
BEGIN
    RETURN CASE WHEN is_masked
                THEN format('CASE WHEN %s IS DISTINCT FROM NULL THEN %s END', value,
                            CASE WHEN mask = 'hash'
                                 THEN format($q$translate(encode(sha256(convert_to(format('%%s', %s), 'UTF8')), 'hex'), 'abcdef', 'ABCDEF')$q$, value)
                                 WHEN mask LIKE 'digits:_'
                                 THEN format($q$regexp_replace(format('%%s', %s), '[0-9]', %L, 'g')$q$, value, replace(right(mask, 1), chr(92), repeat(chr(92), 2)))
                                 WHEN mask = 'random-digits' THEN format($q$leat_internal.random_digits(format('%%s', %s))$q$, value)
                                 ELSE $q$'***'$q$ END)
                ELSE format(CASE output -> 'types' ->> value_expression.name WHEN 'string' THEN $q$(to_json(%s) #>> '{}')$q$ ELSE '%s' END,
                            CASE WHEN leat_internal.is_dms(output ->> 'format')
                                 THEN leat_internal.dms_expression(value, typid, types_proven, output ->> 'format')
                                 ELSE leat_internal.json_expression(value, typid, types_proven, as_text) END) END;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.column_expression(
        name text, typid oid, is_masked boolean, row_name text, types_proven boolean, as_text boolean, output jsonb)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT format('%s AS %I', leat_internal.value_expression(name, typid, is_masked, row_name, types_proven, as_text, output),
                      coalesce(output -> 'names' ->> name, name))
    $$;

CREATE OR REPLACE FUNCTION leat_internal.mapped_expression(attribute jsonb, row_name text, types_proven boolean, output jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    used  jsonb := output #> ARRAY['mapping', 'columns', attribute ->> 'column'];
    value text;
BEGIN
    IF attribute ? 'members' THEN
        SELECT format('(SELECT row_to_json(leat_part.*) FROM (SELECT %s) AS leat_part)',
                      string_agg(leat_internal.mapped_expression(m.value, row_name, types_proven, output), ', ' ORDER BY m.place))
          INTO value
          FROM jsonb_array_elements(attribute -> 'members') WITH ORDINALITY AS m (value, place);
    ELSIF attribute ? 'column' THEN
        value := leat_internal.value_expression(used ->> 'name', (used ->> 'type')::oid, (used ->> 'masked')::boolean, row_name, types_proven, true, output);
    ELSE
        value := leat_internal.mapped_text(attribute -> 'text', row_name, types_proven, output);
        IF leat_internal.is_dms(output ->> 'format') AND NOT leat_internal.has_option(output ->> 'format', 'null-and-empty') THEN
            value := format($q$nullif(%s COLLATE "C", '')$q$, value);
        END IF;
    END IF;
    RETURN format('%s AS %I', value, attribute ->> 'name');
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.record_expression(
        names text[], types oid[], masked boolean[], known text[], row_name text, types_proven boolean, output jsonb, further text)
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    nulls      boolean := leat_internal.has_option(output ->> 'format', 'null-and-empty');
    as_text    boolean := leat_internal.too_nested(types);
    document   boolean := coalesce((output #>> '{mapping,document}')::boolean, false);
    attribute  jsonb;
    place      integer;
    columns    text[] := '{}';
    own        text[];      -- the names that columns are sent under, beside columns
    attributes text[] := '{}';
    made       text;
    known_all  boolean;
BEGIN
    SELECT coalesce(array_agg(CASE WHEN n.name = ANY (record_expression.known) IS NOT FALSE
                                   THEN leat_internal.column_expression(n.name, n.type, n.is_masked, row_name, types_proven, as_text, output)
                                   ELSE format('NULL AS %I', coalesce(output -> 'names' ->> n.name, n.name)) END ORDER BY n.place), '{}'),
           coalesce(array_agg(coalesce(output -> 'names' ->> n.name, n.name) ORDER BY n.place), '{}')
      INTO columns, own
      FROM unnest(names, types, masked) WITH ORDINALITY AS n (name, type, is_masked, place);
    FOR attribute IN SELECT a.value FROM jsonb_array_elements(output #> '{mapping,attributes}') AS a (value) LOOP
        known_all := NOT EXISTS (SELECT FROM jsonb_path_query(attribute, '$.**.column') AS u (name)
                                  WHERE output #>> ARRAY['mapping', 'columns', u.name #>> '{}', 'name'] = ANY (record_expression.known) IS FALSE);
        CONTINUE WHEN NOT known_all AND NOT nulls AND (document OR attribute ->> 'name' <> ALL (own));
        made := CASE WHEN known_all THEN leat_internal.mapped_expression(attribute, row_name, types_proven, output)
                     ELSE format('NULL AS %I', attribute ->> 'name') END;
        -- In the place of the column of its name.
        place := CASE WHEN NOT document THEN array_position(own, attribute ->> 'name') END;
        IF place IS NULL THEN
            attributes := attributes || made;
        ELSE
            columns[place] := made;
        END IF;
    END LOOP;
    IF further IS NOT NULL THEN
        columns := columns || further;
    END IF;
    IF document THEN
        columns := ARRAY[CASE cardinality(columns) WHEN 0 THEN $q$'{}'::json AS _doc$q$
                              ELSE format('(SELECT row_to_json(leat_doc.*) FROM (SELECT %s) AS leat_doc) AS _doc', array_to_string(columns, ', ')) END];
    END IF;
    columns := columns || attributes;
    RETURN CASE cardinality(columns) WHEN 0 THEN $q$'{}'::json$q$
                ELSE format(CASE WHEN leat_internal.is_dms(output ->> 'format') AND NOT nulls THEN 'json_strip_nulls(%s)' ELSE '%s' END,
                            format('(SELECT row_to_json(leat_row.*) FROM (SELECT %s) AS leat_row)', array_to_string(columns, ', '))) END;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.random_digits(text text) RETURNS text
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT string_agg(CASE WHEN c.sign ~ '[0-9]' THEN floor(random() * 10)::integer::text ELSE c.sign END, '' ORDER BY c.place)
          FROM string_to_table(random_digits.text, NULL) WITH ORDINALITY AS c (sign, place)
    $$;

CREATE OR REPLACE FUNCTION leat_internal.image_expression(
        names text[], types oid[], masked boolean[], row_name text, types_proven boolean, output jsonb, further text DEFAULT NULL)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT CASE
                   WHEN names IS NULL THEN format(CASE WHEN row_name IN ('OLD', 'NEW') THEN 'row_to_json(%s)'
                                                       -- A column may have the same name as the alias.
                                                       ELSE 'row_to_json(%s.*)' END, row_name)
                   ELSE leat_internal.record_expression(names, types, masked, NULL, row_name, types_proven, output, further)
               END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.pk_expression(
        names text[], types oid[], masked boolean[], image_names text[], row_name text, types_proven boolean, output jsonb, further text DEFAULT NULL)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE
                   WHEN cardinality(names) = 0 AND further IS NULL THEN 'NULL::json'
                   WHEN leat_internal.has_option(output ->> 'format', 'null-and-empty')
                   THEN (SELECT leat_internal.record_expression(
                                    image_names, array_agg(types[k.place] ORDER BY n.place), array_agg(masked[k.place] ORDER BY n.place), names, row_name,
                                    types_proven, output, further)
                           FROM unnest(image_names) WITH ORDINALITY AS n (name, place)
                          CROSS JOIN LATERAL (SELECT array_position(names, n.name) AS place) AS k)
                   ELSE leat_internal.record_expression(names, types, masked, names, row_name, types_proven, output, further)
               END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.filter_expression(filter jsonb, row_name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    entry jsonb;
    one   jsonb;
    base  oid;
    value text;
    type  text;
    parts text[];
    every text[] := '{}';
BEGIN
    FOR entry IN SELECT e.value FROM jsonb_array_elements(filter) AS e (value) LOOP
        base := leat_internal.base_type((entry ->> 'type')::oid);
        value := format('%s.%I', row_name, entry ->> 'column');
        parts := '{}';
        IF base < 16384 THEN
            -- With -1: without a number, character and bit would have the length 1.
            type := format_type(base, -1);
            IF (entry ->> 'type')::oid <> base THEN
                value := format('(%s)::%s', value, type);
            END IF;
        ELSE
            type := 'text';
            value := format($q$CASE WHEN %1$s IS DISTINCT FROM NULL THEN format('%%s', %1$s) END$q$, value);
        END IF;
        IF base >= 16384 OR base IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) THEN
            value := format('(%s) COLLATE "C"', value);
        END IF;
        FOR one IN SELECT o.value FROM jsonb_array_elements(entry -> 'any') AS o (value) LOOP
            parts := parts || CASE one ->> 'operator'
                                  WHEN 'eq' THEN format('%s = %L::%s', value, one ->> 'value', type)
                                  WHEN 'noteq' THEN format('%s <> %L::%s', value, one ->> 'value', type)
                                  WHEN 'gte' THEN format('%s >= %L::%s', value, one ->> 'value', type)
                                  WHEN 'lte' THEN format('%s <= %L::%s', value, one ->> 'value', type)
                                  WHEN 'between' THEN format('%1$s >= %2$L::%4$s AND %1$s <= %3$L::%4$s', value, one ->> 'start', one ->> 'end', type)
                                  WHEN 'notbetween' THEN format('%1$s < %2$L::%4$s OR %1$s > %3$L::%4$s', value, one ->> 'start', one ->> 'end', type)
                                  WHEN 'null' THEN format('%s IS NOT DISTINCT FROM NULL', value)
                                  WHEN 'notnull' THEN format('%s IS DISTINCT FROM NULL', value)
                              END;
        END LOOP;
        every := every || ('(' || array_to_string(parts, ' OR ') || ')');
    END LOOP;
    RETURN array_to_string(every, ' AND ');
END
$$;

REVOKE ALL ON FUNCTION leat_internal.filter_expression(jsonb, text) FROM PUBLIC;

-- leat_internal.added_value(node, source, row_name, operation, types_proven): SQL for the value of an added column, from the tree that leat.attach
-- takes in transform. Only what is listed here is ever called, so nobody's code runs with the rights of Leat's owner.
-- leat_internal.value_text(sql, kind): SQL for such a value as text.
-- leat_internal.added_column(entry, source, ...): SQL for an added column, in the type that it was given.
-- leat_internal.added_list(output, ...), former_list(names, ...): the added columns, and those that show what a row was before, as a list for SELECT;
-- null: none.
--
-- node       a text, a number, true, false or null; {"column": name}; {"header": word}; {"case": [[condition, value], ...], "else": node};
--            {"call": word, "of": [node, ...]}
-- source     columns (the type of each by its name), schema and table of the row
-- operation  SQL for the operation of the row's event: INSERT, UPDATE, DELETE, or READ of a load, which has the values of an INSERT without a place in
--            the order of changes
-- kind       text, number, boolean, time (a timestamp in UTC), second (the same without a fraction) or null
-- output     as of leat_internal.shape
-- Returns:   text
-- Tables:    pg_type
-- Errors:    invalid_parameter_value for a tree that cannot be evaluated, with the reason
CREATE OR REPLACE FUNCTION leat_internal.added_value(
        node jsonb, source jsonb, row_name text, operation text, types_proven boolean, OUT sql text, OUT kind text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    now      CONSTANT text := $q$(clock_timestamp() AT TIME ZONE 'UTC')$q$;
    loading  boolean := operation = $q$'READ'$q$;
    word     text;
    entry    jsonb;
    one      record;
    two      record;
    values   text[] := '{}';
    texts    text[] := '{}';
    kinds    text[] := '{}';
    branches text[] := '{}';
    base     oid;
    operands integer;
BEGIN
    CASE jsonb_typeof(node)
        WHEN 'string' THEN
            sql := quote_literal(node #>> '{}') || '::text';
            kind := 'text';
            RETURN;
        WHEN 'number' THEN
            sql := format('%L::numeric', node #>> '{}');
            kind := 'number';
            RETURN;
        WHEN 'boolean' THEN
            sql := node #>> '{}';
            kind := 'boolean';
            RETURN;
        WHEN 'null' THEN
            sql := 'NULL::text';
            kind := 'null';
            RETURN;
        WHEN 'object' THEN
            NULL;
        ELSE
            RAISE EXCEPTION 'a value is no list: %', left(node::text, 100) USING ERRCODE = 'invalid_parameter_value';
    END CASE;
    IF node ? 'column' THEN
        IF NOT source -> 'columns' ? (node ->> 'column') THEN
            RAISE EXCEPTION 'there is no column "%" that it could read', node ->> 'column' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        base := leat_internal.base_type((source -> 'columns' ->> (node ->> 'column'))::oid);
        sql := format('%s.%I', row_name, node ->> 'column');
        sql := format('CASE WHEN %s IS DISTINCT FROM NULL THEN %s END', sql,
                      leat_internal.text_expression(sql, (source -> 'columns' ->> (node ->> 'column'))::oid, types_proven));
        IF base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype) THEN
            sql := '(' || sql || ')::numeric';
            kind := 'number';
        ELSIF base = 'bool'::regtype THEN
            sql := '(' || sql || ')::boolean';
            kind := 'boolean';
        ELSE
            kind := 'text';
        END IF;
    ELSIF node ? 'header' THEN
        kind := 'text';
        CASE node ->> 'header'
            WHEN 'operation' THEN sql := CASE WHEN loading THEN $q$'INSERT'::text$q$ ELSE '(' || operation || ')::text' END;
            -- The number is drawn from the sequence of the event's id just before it, so it grows with the events of a key.
            WHEN 'change-seq' THEN
                sql := CASE WHEN loading THEN $q$''::text$q$
                            ELSE format($q$(left(to_char(%s, 'YYYYMMDDHH24MISSUS'), 16) || lpad(nextval('leat_internal.outbox_id_seq')::text, 19, '0'))$q$, now) END;
            WHEN 'stream-position' THEN sql := CASE WHEN loading THEN $q$''::text$q$ ELSE 'pg_current_wal_insert_lsn()::text' END;
            WHEN 'timestamp', 'commit-timestamp' THEN
                sql := now;
                kind := 'time';
            WHEN 'schema' THEN sql := quote_literal(source ->> 'schema') || '::text';
            WHEN 'table' THEN sql := quote_literal(source ->> 'table') || '::text';
            ELSE
                RAISE EXCEPTION 'there is no header "%": there are operation, change-seq, stream-position, timestamp, commit-timestamp, schema and table',
                        node ->> 'header' USING ERRCODE = 'invalid_parameter_value';
        END CASE;
    ELSIF jsonb_typeof(node -> 'case') = 'array' AND node -> 'case' <> '[]' THEN
        FOR entry IN SELECT e.value FROM jsonb_array_elements(node -> 'case') AS e (value) LOOP
            IF jsonb_typeof(entry) <> 'array' OR jsonb_array_length(entry) <> 2 THEN
                RAISE EXCEPTION 'a branch of a case is [condition, value], and not %', left(entry::text, 100) USING ERRCODE = 'invalid_parameter_value';
            END IF;
            SELECT v.sql, v.kind INTO one FROM leat_internal.added_value(entry -> 0, source, row_name, operation, types_proven) AS v;
            SELECT v.sql, v.kind INTO two FROM leat_internal.added_value(entry -> 1, source, row_name, operation, types_proven) AS v;
            IF one.kind <> 'boolean' THEN
                RAISE EXCEPTION 'a condition of its case is no comparison' USING ERRCODE = 'invalid_parameter_value';
            END IF;
            branches := branches || one.sql;
            values := values || two.sql;
            kinds := kinds || two.kind;
        END LOOP;
        SELECT v.sql, v.kind INTO one FROM leat_internal.added_value(coalesce(node -> 'else', 'null'), source, row_name, operation, types_proven) AS v;
        values := values || one.sql;
        kinds := kinds || one.kind;
        kind := CASE (SELECT count(DISTINCT k) FROM unnest(kinds) AS k WHERE k <> 'null')
                    WHEN 0 THEN 'null' WHEN 1 THEN (SELECT min(k) FROM unnest(kinds) AS k WHERE k <> 'null') ELSE 'text' END;
        SELECT 'CASE ' || string_agg(coalesce('WHEN ' || branches[v.place] || ' THEN ', 'ELSE ')
                                     || CASE WHEN v.kind = 'null' THEN 'NULL'
                                             WHEN added_value.kind = 'text' THEN leat_internal.value_text(v.value, v.kind) ELSE v.value END,
                                     ' ' ORDER BY v.place) || ' END'
          INTO sql
          FROM unnest(values, kinds) WITH ORDINALITY AS v (value, kind, place);
        sql := CASE WHEN kind = 'null' THEN 'NULL::text' ELSE '(' || sql || ')' END;
    ELSIF jsonb_typeof(node -> 'call') = 'string' AND jsonb_typeof(coalesce(node -> 'of', '[]')) = 'array' THEN
        word := node ->> 'call';
        FOR entry IN SELECT e.value FROM jsonb_array_elements(coalesce(node -> 'of', '[]')) AS e (value) LOOP
            SELECT v.sql, v.kind INTO one FROM leat_internal.added_value(entry, source, row_name, operation, types_proven) AS v;
            values := values || one.sql;
            kinds := kinds || one.kind;
            texts := texts || leat_internal.value_text(one.sql, one.kind);
        END LOOP;
        operands := cardinality(values);
        IF NOT coalesce(CASE
               WHEN word IN ('lower', 'upper', 'hash_sha256', 'length', 'not', 'is-null', 'abs') THEN operands = 1
               WHEN word IN ('=', '<>', '<', '<=', '>', '>=', 'nullif', '+', '-', '*') THEN operands = 2
               WHEN word IN ('trim', 'ltrim', 'rtrim', 'round') THEN operands IN (1, 2)
               WHEN word = 'replace' THEN operands = 3
               WHEN word = 'substr' THEN operands IN (2, 3)
               WHEN word IN ('||', 'and', 'or', 'coalesce') THEN operands >= 2
               WHEN word IN ('datetime', 'date', 'time') THEN operands = 0 END, false) THEN
            RAISE EXCEPTION 'there is no % of % values', word, operands USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF word IN ('and', 'or', 'not') AND EXISTS (SELECT FROM unnest(kinds) AS k WHERE k <> 'boolean') THEN
            RAISE EXCEPTION '% is of conditions, and one of its values is none', word USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF word IN ('+', '-', '*', 'abs', 'round') AND EXISTS (SELECT FROM unnest(kinds) AS k WHERE k <> 'number')
           OR word = 'substr' AND 'number' <> ANY (kinds[2:]) THEN
            RAISE EXCEPTION '% is of numbers, and one of its values is none', word USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF word = 'substr' AND EXISTS (SELECT FROM jsonb_path_query(node -> 'of', '$[1 to 2]') AS n (value)
                                        WHERE jsonb_typeof(n.value) <> 'number' OR n.value #>> '{}' !~ '^[0-9]{1,9}$') OR word = 'substr' AND node -> 'of' -> 1 = '0'
           OR word = 'round' AND operands = 2 AND (jsonb_typeof(node -> 'of' -> 1) <> 'number' OR node -> 'of' ->> 1 !~ '^[0-9]{1,2}$') THEN
            RAISE EXCEPTION '% takes whole numbers that are written out, and substr begins at 1', word USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF word IN ('=', '<>', '<', '<=', '>', '>=', 'nullif')
           AND (SELECT count(DISTINCT k) FROM unnest(kinds) AS k WHERE k <> 'null') > 1 THEN
            RAISE EXCEPTION '% compares a % with a %', word, kinds[1], kinds[2] USING ERRCODE = 'invalid_parameter_value';
        END IF;
        kind := CASE WHEN word IN ('=', '<>', '<', '<=', '>', '>=', 'and', 'or', 'not', 'is-null') THEN 'boolean'
                     WHEN word IN ('+', '-', '*', 'abs', 'round', 'length') THEN 'number'
                     WHEN word = 'datetime' THEN 'second'
                     WHEN word = 'nullif' THEN kinds[1]
                     WHEN word = 'coalesce' AND (SELECT count(DISTINCT k) FROM unnest(kinds) AS k WHERE k <> 'null') = 1
                     THEN (SELECT min(k) FROM unnest(kinds) AS k WHERE k <> 'null')
                     ELSE 'text' END;
        IF word IN ('=', '<>', '<', '<=', '>', '>=', 'nullif') AND 'text' = ANY (kinds) THEN
            values := ARRAY(SELECT t || ' COLLATE "C"' FROM unnest(texts) WITH ORDINALITY AS t (t, place) ORDER BY place);
        END IF;
        sql := CASE
                   WHEN word = 'is-null' THEN format('(%s IS NOT DISTINCT FROM NULL)', values[1])
                   WHEN word = 'not' THEN format('(NOT %s)', values[1])
                   WHEN word IN ('and', 'or') THEN '(' || array_to_string(values, ' ' || word || ' ') || ')'
                   WHEN word IN ('=', '<>', '<', '<=', '>', '>=', '+', '-', '*') THEN format('(%s %s %s)', values[1], word, values[2])
                   WHEN word = 'nullif' THEN format('nullif(%s, %s)', values[1], values[2])
                   WHEN word = '||' THEN '(' || array_to_string(texts, ' || ') || ')'
                   WHEN word = 'coalesce' THEN format('coalesce(%s)', array_to_string(CASE WHEN kind = 'text' THEN texts ELSE
                       ARRAY(SELECT v.value FROM unnest(values, kinds) WITH ORDINALITY AS v (value, kind, place) WHERE v.kind <> 'null' ORDER BY v.place) END, ', '))
                   -- As SQLite has them: of ASCII letters alone.
                   WHEN word IN ('lower', 'upper') THEN format('%s(%s COLLATE "C")', word, texts[1])
                   WHEN word = 'hash_sha256' THEN format($q$translate(encode(sha256(convert_to(%s, 'UTF8')), 'hex'), 'abcdef', 'ABCDEF')$q$, texts[1])
                   WHEN word = 'length' THEN format('length(%s)::numeric', texts[1])
                   WHEN word = 'abs' THEN format('abs(%s)', values[1])
                   WHEN word = 'round' THEN format('round(%s, %s)', values[1], coalesce(node -> 'of' ->> 1, '0'))
                   WHEN word = 'substr' THEN format('substr(%s, %s)', texts[1], concat_ws(', ', node -> 'of' ->> 1, node -> 'of' ->> 2))
                   WHEN word = 'trim' THEN format('btrim(%s)', array_to_string(texts, ', '))
                   WHEN word IN ('ltrim', 'rtrim', 'replace') THEN format('%s(%s)', word, array_to_string(texts, ', '))
                   WHEN word = 'datetime' THEN format($q$date_trunc('second', %s)$q$, now)
                   WHEN word = 'date' THEN format($q$to_char(%s, 'YYYY-MM-DD')$q$, now)
                   WHEN word = 'time' THEN format($q$to_char(%s, 'HH24:MI:SS')$q$, now)
               END;
    ELSE
        RAISE EXCEPTION 'it has a value that is none: %', left(node::text, 100) USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.value_text(sql text, kind text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE kind WHEN 'text' THEN sql
                         WHEN 'time' THEN format($q$to_char(%s, 'YYYY-MM-DD HH24:MI:SS.US')$q$, sql)
                         WHEN 'second' THEN format($q$to_char(%s, 'YYYY-MM-DD HH24:MI:SS')$q$, sql)
                         ELSE '(' || sql || ')::text' END
    $$;

CREATE OR REPLACE FUNCTION leat_internal.added_column(
        entry jsonb, source jsonb, row_name text, operation text, types_proven boolean, format text)
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    type text := entry ->> 'type';
    sql  text;
    kind text;
    goal text := CASE WHEN type IN ('string', 'wstring', 'clob', 'nclob') THEN 'text'
                      WHEN type IN ('int1', 'int2', 'int4', 'int8', 'uint1', 'uint2', 'uint4', 'uint8', 'numeric', 'decimal', 'real4', 'real8') THEN 'number'
                      WHEN type IN ('boolean', 'date', 'time', 'datetime') THEN type END;
BEGIN
    SELECT v.sql, v.kind INTO sql, kind FROM leat_internal.added_value(coalesce(entry -> 'value', 'null'), source, row_name, operation, types_proven) AS v;
    IF goal IS NULL OR NOT coalesce(CASE goal WHEN 'text' THEN true
                                              WHEN 'number' THEN kind IN ('number', 'boolean', 'null')
                                              WHEN 'boolean' THEN kind IN ('number', 'boolean', 'null')
                                              ELSE kind IN ('time', 'second', 'text', 'null') END, false) THEN
        RAISE EXCEPTION '%', CASE WHEN goal IS NULL THEN format('its type cannot be %s', coalesce(type, 'null'))
                                  ELSE format('its value is a %s and cannot be a %s', kind, type) END
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    sql := CASE
               WHEN kind = 'null' THEN 'NULL::text'
               WHEN goal = 'text' THEN leat_internal.value_text(sql, kind)
               WHEN goal = 'number' AND kind = 'boolean' THEN format('CASE WHEN %1$s THEN 1 WHEN NOT %1$s THEN 0 END', sql)
               WHEN goal = 'boolean' AND kind = 'number' THEN format('(%s <> 0)', sql)
               WHEN kind IN ('number', 'boolean', 'text') THEN sql
               WHEN goal = 'date' THEN format($q$to_char(%s, 'YYYY-MM-DD')$q$, sql)
               WHEN goal = 'time' THEN format($q$to_char(%s, 'HH24:MI:SS.US')$q$, sql)
               ELSE format($q$replace(to_char(%s, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')$q$, sql)
           END;
    RETURN CASE WHEN goal <> 'number' AND goal <> 'boolean' AND leat_internal.is_dms(format) AND NOT leat_internal.has_option(format, 'null-and-empty')
                THEN format($q$nullif(%s COLLATE "C", '')$q$, sql) ELSE sql END;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.added_list(output jsonb, row_name text, operation text, types_proven boolean) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT string_agg(format('%s AS %I', leat_internal.added_column(e.entry, output -> 'source', row_name, operation, types_proven, output ->> 'format'),
                                 e.entry ->> 'name'), ', ' ORDER BY e.place)
          FROM jsonb_array_elements(output -> 'added') WITH ORDINALITY AS e (entry, place)
    $$;

CREATE OR REPLACE FUNCTION leat_internal.former_list(
        names text[], types oid[], masked boolean[], output jsonb, row_name text, types_proven boolean)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT string_agg(leat_internal.column_expression(n.name, n.type, n.is_masked, row_name, types_proven, leat_internal.too_nested(types),
                                                          output || jsonb_build_object('names', output -> 'former')),
                          ', ' ORDER BY n.place)
          FROM unnest(names, types, masked) WITH ORDINALITY AS n (name, type, is_masked, place)
         WHERE output -> 'former' ? n.name
    $$;

REVOKE ALL ON FUNCTION leat_internal.added_value(jsonb, jsonb, text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.value_text(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.added_column(jsonb, jsonb, text, text, boolean, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.added_list(jsonb, text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.former_list(text[], oid[], boolean[], jsonb, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION leat_internal.rows_expression(
        operation text, shape record, before boolean, limit_clause text, types_proven boolean)
    RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
DECLARE
    images text[] := CASE WHEN types_proven THEN shape.image_names ELSE coalesce(shape.image_names, shape.typed_names) END;
    types  oid[] := CASE WHEN types_proven THEN shape.image_types ELSE coalesce(shape.image_types, shape.typed_types) END;
    side   text;
    olds   text;
    news   text;
BEGIN
    FOREACH side IN ARRAY ARRAY['leat_old', 'leat_new'] LOOP
        olds := news;
        -- OFFSET 0 has each expression evaluated once for each row and not wherever it is used.
        news := leat_internal.fill(
            $rows$(SELECT {{place}}CASE WHEN length(s.wanted) > 256 THEN leat_internal.partition_key(s.wanted) ELSE s.wanted END AS partition, s.*
                     FROM (SELECT {{prefix}} || {{suffix}} AS wanted,
                                  {{key}} AS key,
                                  {{image}} AS image{{pk}}
                             FROM {{rows}} OFFSET 0) AS s)$rows$,
            jsonb_build_object(
                'place', CASE operation WHEN 'UPDATE' THEN 'row_number() OVER () AS place, ' ELSE '' END,
                'prefix', quote_literal(shape.prefix),
                'suffix', leat_internal.suffix_expression(shape.hashed, shape.key_names, shape.key_types, side, types_proven, shape.output),
                'key', leat_internal.key_expression(shape.key_names, shape.key_types, side, types_proven, shape.output),
                'image', CASE WHEN side = 'leat_new' OR before
                              THEN leat_internal.image_expression(images, types, shape.image_masked, side, types_proven, shape.output)
                              ELSE 'NULL::json' END,
                'pk', CASE WHEN NOT before AND (shape.held OR leat_internal.is_dms(shape.output ->> 'format'))
                           THEN ', ' || leat_internal.pk_expression(shape.pk_names, shape.pk_types, shape.pk_masked, shape.image_names, side,
                                                                    types_proven, shape.output)
                                || ' AS pk'
                           ELSE '' END,
                'rows', CASE limit_clause WHEN '' THEN side
                             ELSE format('(SELECT * FROM %I %s) AS %I', side, limit_clause, side) END));
    END LOOP;
    -- A full join is never a nested loop, which takes the square of the rows: a session keeps the plan of its first updates, which may have changed
    -- one row each.
    RETURN CASE operation
               WHEN 'INSERT' THEN leat_internal.fill(
                   $rows$(SELECT NULL::text AS old_partition, n.partition AS new_partition, NULL::json AS old_key, n.key AS new_key,
                    NULL::json AS old_image, n.image AS new_image
               FROM {{new_rows}} AS n)$rows$,
                   jsonb_build_object('new_rows', news))
               WHEN 'DELETE' THEN leat_internal.fill(
                   $rows$(SELECT o.partition AS old_partition, NULL::text AS new_partition, o.key AS old_key, NULL::json AS new_key,
                    {{old_image}} AS old_image, NULL::json AS new_image
               FROM {{old_rows}} AS o)$rows$,
                   jsonb_build_object(
                       'old_rows', olds,
                       'old_image', CASE WHEN before THEN 'o.image' WHEN shape.held OR leat_internal.is_dms(shape.output ->> 'format') THEN 'o.pk' ELSE 'o.key' END))
               ELSE leat_internal.fill(
                   $rows$(SELECT place, o.partition AS old_partition, n.partition AS new_partition, o.key AS old_key, n.key AS new_key,
                    {{old_image}} AS old_image, n.image AS new_image, o.partition = n.partition AS same
               FROM {{old_rows}} AS o
               FULL JOIN {{new_rows}} AS n USING (place))$rows$,
                   jsonb_build_object(
                       'old_rows', olds,
                       'new_rows', news,
                       'old_image', CASE WHEN before THEN 'o.image'
                                         WHEN shape.held OR leat_internal.is_dms(shape.output ->> 'format')
                                         THEN 'CASE WHEN o.partition <> n.partition OR o.pk::text <> n.pk::text THEN o.pk END'
                                         ELSE 'CASE WHEN o.partition <> n.partition THEN o.key END' END)) END;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.base_type(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.plain(oid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.text_expression(text, oid, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.too_nested(oid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.json_expression(text, oid, boolean, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.nested_json(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.types_expression(text[], oid[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.suffix_expression(text[], text[], oid[], text, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.key_expression(text[], oid[], text, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.value_expression(text, oid, boolean, text, boolean, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.mapped_text(jsonb, text, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.mapped_expression(jsonb, text, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.record_expression(text[], oid[], boolean[], text[], text, boolean, jsonb, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.column_expression(text, oid, boolean, text, boolean, boolean, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.random_digits(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.image_expression(text[], oid[], boolean[], text, boolean, jsonb, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.pk_expression(text[], oid[], boolean[], text[], text, boolean, jsonb, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.rows_expression(text, record, boolean, text, boolean) FROM PUBLIC;
