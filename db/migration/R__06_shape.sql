-- leat_internal.shape(attachment): what an attachment means for the table as it is at this moment. The generated function is
-- written from it, and asks it for each row while that function is older than the table.
--
-- attachment  leat_internal.attachment.attachment
-- Returns one row:
--   relid        the table, null when it is gone
--   schema_name, table_name
--   key_names    the key columns by their present names; empty when there is no usable key. Of a key that was named at attach: the columns
--                that bear the names, or, where none does, the one that did
--   key_list     '' or, for a held key, its columns in parentheses: as they were named at attach, so that a rename does not change it
--   held         the key is not exactly the table's (undeferrable) primary key
--   prefix       what partition keys begin with: schema.table, and key_list. Held and unheld events of one table never
--                share a partition key, for a held event waits where an unheld one would pass it
--   key_types    beside key_names: their types
--   image_names  the columns that leave, null for the whole row as it comes: all of its types are then plain (leat_internal.plain)
--   image_types, image_masked   beside image_names
--   pk_names     the columns of the primary key that may leave, empty where there is none: all that an event says of the old row where the
--                table is attached without old images
--   pk_types, pk_masked   beside pk_names
--   typed_names, typed_types    the columns that leave as they are, or as the key, and their types
--   guard        SQL for a capture function, true as long as all of this holds but the types of typed_names
--   query        SQL: of one row ($1) the key's suffix, the key, the image and that of pk_names, whatever its types are by now
--   problem      why there is no usable key, or what is wrong with it; else null
--   unsafe       true: which columns must not leave is not certain, so no row may be read. problem says why
-- Tables:   leat_internal.attachment, pg_class, pg_attribute, pg_type, pg_constraint
-- Errors:   no_data_found for an unknown attachment
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.shape(
        attachment integer,
        OUT relid oid,
        OUT schema_name text,
        OUT table_name text,
        OUT key_names text[],
        OUT key_types oid[],
        OUT key_list text,
        OUT held boolean,
        OUT prefix text,
        OUT image_names text[],
        OUT image_types oid[],
        OUT image_masked boolean[],
        OUT pk_names text[],
        OUT pk_types oid[],
        OUT pk_masked boolean[],
        OUT typed_names text[],
        OUT typed_types oid[],
        OUT guard text,
        OUT query text,
        OUT problem text,
        OUT unsafe boolean)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    wish         leat_internal.attachment;
    names        text[];       -- the relation's own name, as {schema,table}
    numbers      smallint[];   -- the table's columns, as attnums
    columns      text[];       -- beside numbers: their names
    types        oid[];        -- beside numbers: their types, as this transaction's snapshot has them; null where it has none
    pinned       boolean;      -- the attnums of the attachment are this table's
    hidden       smallint[];   -- columns left out
    veiled       smallint[];   -- columns masked
    pk           oid;
    pk_numbers   smallint[];
    pk_defers    boolean;
    key_numbers  smallint[] := '{}';
    needed       smallint[];   -- columns that must be where they are, and have the names that they have
    last_number  integer;
    above        integer := leat_internal.captured_above(attachment, 'capture');
BEGIN
    SELECT a.* INTO STRICT wish FROM leat_internal.attachment a WHERE a.attachment = shape.attachment;
    names := (pg_identify_object_as_address('pg_class'::regclass, wish.relation, 0)).object_names;
    IF names IS NULL THEN
        problem := 'the table is gone';
        RETURN;
    END IF;
    relid := wish.relation;
    schema_name := leat_internal.readable(names[1]);
    table_name := leat_internal.readable(names[2]);
    pinned := wish.pinned_in = wish.relation::oid;

    SELECT coalesce(array_agg(c.attnum ORDER BY c.attnum), '{}'), coalesce(array_agg(c.name ORDER BY c.attnum), '{}')
      INTO numbers, columns
      FROM leat_internal.columns_of(relid) c;
    SELECT coalesce(array_agg(a.atttypid ORDER BY c.attnum), '{}') INTO types
      FROM unnest(numbers) AS c (attnum)
      LEFT JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = c.attnum AND NOT a.attisdropped;
    -- In a restored table the columns are numbered anew. If they are not the ones that were noted, somebody has changed it since, and
    -- what must not leave may bear another name.
    unsafe := NOT pinned AND cardinality(wish.left_out || wish.masked) > 0 AND columns IS DISTINCT FROM wish.pinned_columns;
    IF unsafe THEN
        problem := 'the table was restored and then changed, so which of its columns must not leave is not certain: attach it again,'
                   ' naming them';
    END IF;
    -- A name that was listed stays left out, and so does the column that bore it, whatever it is called now.
    SELECT coalesce(array_agg(c.attnum), '{}') INTO hidden
      FROM unnest(numbers, columns) AS c (attnum, name)
     WHERE c.name = ANY (wish.left_out) OR (pinned AND c.attnum = ANY (wish.left_out_attnums));
    SELECT coalesce(array_agg(c.attnum), '{}') INTO veiled
      FROM unnest(numbers, columns) AS c (attnum, name)
     WHERE c.name = ANY (wish.masked) OR (pinned AND c.attnum = ANY (wish.masked_attnums));

    SELECT con.oid, con.conkey, con.condeferrable INTO pk, pk_numbers, pk_defers
      FROM pg_constraint con
     WHERE con.conrelid = relid AND con.contype = 'p';
    IF wish.key_columns IS NULL THEN
        key_numbers := coalesce(pk_numbers, '{}');
        IF pk IS NULL THEN
            problem := 'the table has no primary key any more: its events share one partition key';
        ELSIF pk_defers THEN
            problem := 'the primary key is deferrable: within one key, the order of ids may differ from the order of commits';
        END IF;
    ELSE
        SELECT coalesce(array_agg(coalesce(
                   (SELECT c.attnum FROM unnest(numbers, columns) AS c (attnum, name) WHERE c.name = n.name),
                   (SELECT c.attnum FROM unnest(numbers) AS c (attnum) WHERE pinned AND c.attnum = wish.key_attnums[n.place]))
               ORDER BY n.place), '{}')
          INTO key_numbers
          FROM unnest(wish.key_columns) WITH ORDINALITY AS n (name, place);
        IF array_position(key_numbers, NULL) IS NOT NULL THEN
            key_numbers := '{}';
            problem := 'a key column is gone: the table''s events share one partition key';
        ELSIF NOT columns @> wish.key_columns THEN
            SELECT format('no column is called %I any more: the key goes by the one that was, which is called %I now; attach the table'
                          ' again, naming it', n.name, columns[array_position(numbers, key_numbers[n.place])])
              INTO problem
              FROM unnest(wish.key_columns) WITH ORDINALITY AS n (name, place)
             WHERE n.name <> ALL (columns)
             LIMIT 1;
        END IF;
    END IF;
    IF key_numbers && (hidden || veiled) THEN
        key_numbers := '{}';
        problem := 'a key column is left out or masked: the table''s events share one partition key';
    END IF;

    SELECT coalesce(array_agg(columns[array_position(numbers, k.number)] ORDER BY k.place), '{}'),
           coalesce(array_agg(types[array_position(numbers, k.number)] ORDER BY k.place), '{}')
      INTO key_names, key_types
      FROM unnest(key_numbers) WITH ORDINALITY AS k (number, place);
    IF array_position(key_names, NULL) IS NOT NULL THEN
        -- Only while a concurrent change of the key is newer than this transaction's snapshot.
        key_numbers := '{}';
        key_names := '{}';
        key_types := '{}';
    END IF;
    held := NOT (cardinality(key_numbers) > 0 AND pk IS NOT NULL AND NOT pk_defers
                 AND key_numbers @> pk_numbers AND key_numbers <@ pk_numbers);
    key_list := '';
    IF held AND cardinality(key_names) > 0 THEN
        SELECT '(' || string_agg(quote_ident(leat_internal.readable(n.name)), ',' ORDER BY n.place) || ')' INTO key_list
          FROM unnest(coalesce(wish.key_columns, key_names)) WITH ORDINALITY AS n (name, place);
    END IF;
    prefix := quote_ident(schema_name) || '.' || quote_ident(table_name) || key_list;

    SELECT coalesce(array_agg(c.name ORDER BY c.place), '{}'),
           coalesce(array_agg(c.type ORDER BY c.place), '{}'),
           coalesce(array_agg(c.attnum = ANY (veiled) ORDER BY c.place), '{}')
      INTO pk_names, pk_types, pk_masked
      FROM (SELECT k.number AS attnum, k.place, columns[array_position(numbers, k.number)] AS name,
                   types[array_position(numbers, k.number)] AS type
              FROM unnest(pk_numbers) WITH ORDINALITY AS k (number, place)) AS c
     WHERE c.attnum <> ALL (hidden) AND c.name IS NOT NULL;

    -- A virtual generated column has no value where a trigger runs: it is left out rather than sent as null.
    hidden := hidden || coalesce((SELECT array_agg(a.attnum) FROM pg_attribute a
                                   WHERE a.attrelid = relid AND a.attgenerated = 'v' AND NOT a.attisdropped), '{}');
    SELECT coalesce(array_agg(c.name ORDER BY c.attnum), '{}'), coalesce(array_agg(c.type ORDER BY c.attnum), '{}')
      INTO typed_names, typed_types
      FROM unnest(numbers, columns, types) AS c (attnum, name, type)
     WHERE c.attnum <> ALL (hidden || veiled);
    IF cardinality(hidden) > 0 OR cardinality(veiled) > 0 OR cardinality(wish.left_out || wish.masked) > 0
       OR EXISTS (SELECT FROM (SELECT DISTINCT t.type FROM unnest(typed_types) AS t (type)) AS t
                   WHERE t.type IS NULL OR NOT leat_internal.plain(t.type)) THEN
        SELECT coalesce(array_agg(c.name ORDER BY c.attnum), '{}'),
               coalesce(array_agg(c.type ORDER BY c.attnum), '{}'),
               coalesce(array_agg(c.attnum = ANY (veiled) ORDER BY c.attnum), '{}')
          INTO image_names, image_types, image_masked
          FROM unnest(numbers, columns, types) AS c (attnum, name, type)
         WHERE c.attnum <> ALL (hidden);
    END IF;

    -- The function is this table's alone, and its partitions'.
    SELECT CASE c.relkind WHEN 'p' THEN format('pg_partition_root(TG_RELID)::oid = %s', pg_partition_root(relid)::oid)
                          -- Since it became a partition, or is none any more, a table above it may capture its rows.
                          ELSE format('TG_RELID = %s AND pg_partition_root(TG_RELID) IS NOT DISTINCT FROM %L::oid', relid,
                                      pg_partition_root(relid)::oid) END
      INTO guard
      FROM pg_class c WHERE c.oid = relid;
    needed := key_numbers || hidden || veiled || CASE WHEN NOT wish.before THEN pk_numbers END;
    -- pg_describe_object names column, schema and table, all as of now, for less than half a microsecond.
    SELECT concat_ws(' AND ', guard,
                     string_agg(format('pg_describe_object(%s, %s, %s) = %L', 'pg_class'::regclass::oid, relid, g.number,
                                       pg_describe_object('pg_class'::regclass, relid, g.number)), ' AND ' ORDER BY g.number))
      INTO guard
      FROM (SELECT unnest(needed) AS number UNION SELECT 0 WHERE cardinality(needed) = 0) AS g;
    IF pk IS NOT NULL AND (wish.key_columns IS NULL OR NOT held OR NOT wish.before) THEN
        -- That it is still there says enough: which columns a primary key has, and that it is not deferrable, cannot be altered.
        guard := guard || format(' AND pg_describe_object(%s, %s, 0) IS NOT NULL', 'pg_constraint'::regclass::oid, pk);
    END IF;
    last_number := coalesce((SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = relid), 0);
    last_number := greatest(last_number, (SELECT max(n) FROM unnest(numbers) AS n));
    guard := guard || format(CASE WHEN image_names IS NULL AND columns @> coalesce(wish.key_columns, '{}')
                                  THEN ' AND (pg_describe_object(%1$s, %2$s, %3$s + 1) IS NULL'
                                       ' OR leat_internal.plain_since(%2$s, %3$s))'
                                  ELSE ' AND pg_describe_object(%1$s, %2$s, %3$s + 1) IS NULL' END,
                             'pg_class'::regclass::oid, relid, last_number);
    guard := CASE WHEN unsafe OR above IS NOT NULL THEN 'false' ELSE concat_ws(' AND ', guard, CASE WHEN NOT leat_internal.too_nested(image_types)
                                                         THEN leat_internal.fields_guard(image_types) END) END;

    IF above IS NOT NULL THEN
        problem := format('it is a partition of %s, which is attached too: its changes are captured as that one''s, by that one''s'
                          ' options, as long as it is', (SELECT a.relation FROM leat_internal.attachment a WHERE a.attachment = above));
    END IF;

    query := format('SELECT %s, %s, %s, %s FROM (SELECT ($1).*) AS leat_image',
                    leat_internal.suffix_expression(key_names, key_types, 'leat_image', false),
                    leat_internal.key_expression(key_names, key_types, 'leat_image', false),
                    leat_internal.image_expression(coalesce(image_names, typed_names), coalesce(image_types, typed_types),
                                                   image_masked, 'leat_image', false),
                    leat_internal.pk_expression(pk_names, pk_types, pk_masked, 'leat_image', false));
END
$$;

-- leat_internal.fields_guard(types): SQL, true as long as the composite types among these, and in their fields and elements, have the
-- fields that they have now; null where there are none.
CREATE OR REPLACE FUNCTION leat_internal.fields_guard(types oid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE part (oid, typrelid) AS (
            SELECT t.oid, t.typrelid FROM unnest(fields_guard.types) AS u (type) JOIN pg_type t ON t.oid = u.type WHERE t.oid >= 16384
            UNION
            SELECT t.oid, t.typrelid
              FROM part p
             CROSS JOIN LATERAL (SELECT d.typbasetype AS type FROM pg_type d WHERE d.oid = p.oid AND d.typtype = 'd'
                                 UNION ALL
                                 SELECT e.typelem FROM pg_type e
                                  WHERE e.oid = p.oid AND e.typsubscript = 'array_subscript_handler'::regproc
                                 UNION ALL
                                 SELECT a.atttypid FROM pg_attribute a
                                  WHERE a.attrelid = p.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS inner_type
              JOIN pg_type t ON t.oid = inner_type.type
             WHERE t.oid >= 16384
        ), field (relid, number) AS (
            SELECT p.typrelid, a.attnum FROM part p JOIN pg_attribute a ON a.attrelid = p.typrelid
             WHERE a.attnum > 0 AND NOT a.attisdropped
            UNION
            SELECT p.typrelid, 1 + coalesce((SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = p.typrelid), 0)
              FROM part p WHERE p.typrelid <> 0
        )
        SELECT string_agg(format('pg_describe_object(%s, %s, %s) IS NOT DISTINCT FROM %L', 'pg_class'::regclass::oid, relid, number,
                                 pg_describe_object('pg_class'::regclass, relid, number)), ' AND ' ORDER BY relid, number)
          FROM field
    $$;

-- leat_internal.plain_since(relid, last): whether the columns that a table has got after its last-th are of PostgreSQL's own types, for a
-- capture function that is older than they are. Only in READ COMMITTED does this transaction see the newest catalog; the writer's lock on the
-- table keeps that from changing. In other isolation levels: false.
CREATE OR REPLACE FUNCTION leat_internal.plain_since(relid oid, last integer) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN current_setting('transaction_isolation') = 'read committed'
           AND NOT EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = plain_since.relid AND a.attnum > plain_since.last AND NOT a.attisdropped
                              AND (a.atttypid >= 16384 OR a.attgenerated = 'v'));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.shape(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.fields_guard(oid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.plain_since(oid, integer) FROM PUBLIC;
