-- leat.shape(attachment): what an attachment means for the table as it is at this moment. The generated function is
-- written from it, and asks it for each row while that function is older than the table.
--
-- attachment  leat.attachment.attachment
-- Returns one row:
--   relid        the table, null when it is gone
--   schema_name, table_name
--   key_names    the key columns by their present names; empty when there is no usable key
--   key_list     '' or, for a held key, its columns in parentheses
--   held         the key is not exactly the table's (undeferrable) primary key
--   prefix       what partition keys begin with: schema.table, and key_list. Held and unheld events of one table never
--                share a partition key, for a held event waits where an unheld one would pass it
--   image_names  the columns that leave, null for the whole row as it comes
--   image_masked beside image_names
--   guard        SQL, true as long as all of this holds
--   query        SQL: of one row ($1) the key's suffix, the key, the image
--   digest       changes when a column that the generated function names changes its type
--   problem      why there is no usable key, or what is wrong with it; else null
-- Tables:   leat.attachment, pg_class, pg_attribute, pg_index, pg_constraint
-- Errors:   no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat.shape(
        attachment integer,
        OUT relid oid,
        OUT schema_name text,
        OUT table_name text,
        OUT key_names text[],
        OUT key_list text,
        OUT held boolean,
        OUT prefix text,
        OUT image_names text[],
        OUT image_masked boolean[],
        OUT guard text,
        OUT query text,
        OUT digest text,
        OUT problem text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
#variable_conflict use_column
DECLARE
    wish         leat.attachment;
    names        text[];       -- the relation's own name, as {schema,table}
    numbers      smallint[];   -- the table's columns, as attnums
    columns      text[];       -- beside numbers: their names
    pinned       boolean;      -- the attnums of the attachment are this table's
    hidden       smallint[];   -- columns left out
    veiled       smallint[];   -- columns masked
    pk           oid;
    pk_numbers   smallint[];
    pk_defers    boolean;
    key_numbers  smallint[] := '{}';
    last_number  integer;
BEGIN
    SELECT a.* INTO STRICT wish FROM leat.attachment a WHERE a.attachment = shape.attachment;
    names := (pg_identify_object_as_address('pg_class'::regclass, wish.relation, 0)).object_names;
    IF names IS NULL THEN
        problem := 'the table is gone';
        RETURN;
    END IF;
    relid := wish.relation;
    schema_name := leat.readable(names[1]);
    table_name := leat.readable(names[2]);
    pinned := wish.pinned_in = wish.relation::oid;

    SELECT coalesce(array_agg(c.attnum ORDER BY c.attnum), '{}'), coalesce(array_agg(c.name ORDER BY c.attnum), '{}')
      INTO numbers, columns
      FROM leat.columns_of(relid) c;
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
                   (SELECT c.attnum FROM unnest(numbers) AS c (attnum) WHERE pinned AND c.attnum = wish.key_attnums[n.place]),
                   (SELECT c.attnum FROM unnest(numbers, columns) AS c (attnum, name) WHERE c.name = n.name))
               ORDER BY n.place), '{}')
          INTO key_numbers
          FROM unnest(wish.key_columns) WITH ORDINALITY AS n (name, place);
        IF array_position(key_numbers, NULL) IS NOT NULL THEN
            key_numbers := '{}';
            problem := 'a key column is gone: the table''s events share one partition key';
        END IF;
    END IF;
    IF key_numbers && (hidden || veiled) THEN
        key_numbers := '{}';
        problem := 'a key column is left out or masked: the table''s events share one partition key';
    END IF;

    SELECT coalesce(array_agg(columns[array_position(numbers, k.number)] ORDER BY k.place), '{}') INTO key_names
      FROM unnest(key_numbers) WITH ORDINALITY AS k (number, place);
    IF array_position(key_names, NULL) IS NOT NULL THEN
        -- Only while a concurrent change of the key is newer than this transaction's snapshot.
        key_numbers := '{}';
        key_names := '{}';
    END IF;
    held := NOT (cardinality(key_numbers) > 0 AND pk IS NOT NULL AND NOT pk_defers
                 AND key_numbers @> pk_numbers AND key_numbers <@ pk_numbers);
    key_list := '';
    IF held AND cardinality(key_names) > 0 THEN
        SELECT '(' || string_agg(quote_ident(leat.readable(n.name)), ',' ORDER BY n.place) || ')' INTO key_list
          FROM unnest(key_names) WITH ORDINALITY AS n (name, place);
    END IF;
    prefix := quote_ident(schema_name) || '.' || quote_ident(table_name) || key_list;

    -- A virtual generated column has no value where a trigger runs: it is left out rather than sent as null.
    hidden := hidden || coalesce((SELECT array_agg(a.attnum) FROM pg_attribute a
                                   WHERE a.attrelid = relid AND a.attgenerated = 'v' AND NOT a.attisdropped), '{}');
    IF cardinality(hidden) > 0 OR cardinality(veiled) > 0 OR cardinality(wish.left_out || wish.masked) > 0 THEN
        SELECT coalesce(array_agg(c.name ORDER BY c.attnum), '{}'),
               coalesce(array_agg(c.attnum = ANY (veiled) ORDER BY c.attnum), '{}')
          INTO image_names, image_masked
          FROM unnest(numbers, columns) AS c (attnum, name)
         WHERE c.attnum <> ALL (hidden);
    END IF;

    -- pg_describe_object names column, schema and table, all as of now, for less than half a microsecond.
    SELECT string_agg(format('pg_describe_object(%s, %s, %s) = %L', 'pg_class'::regclass::oid, relid, g.number,
                             pg_describe_object('pg_class'::regclass, relid, g.number)), ' AND ' ORDER BY g.number)
      INTO guard
      FROM (SELECT unnest(key_numbers || hidden || veiled) AS number
            UNION SELECT 0 WHERE cardinality(key_numbers || hidden || veiled) = 0) AS g;
    IF pk IS NOT NULL AND (wish.key_columns IS NULL OR NOT held) THEN
        -- That it is still there says enough: which columns a primary key has, and that it is not deferrable, cannot be altered.
        guard := guard || format(' AND pg_describe_object(%s, %s, 0) IS NOT NULL', 'pg_constraint'::regclass::oid, pk);
    END IF;
    IF image_names IS NOT NULL THEN
        last_number := coalesce((SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = relid), 0);
        last_number := greatest(last_number, (SELECT max(n) FROM unnest(numbers) AS n));
        guard := guard || format(' AND pg_describe_object(%s, %s, %s) IS NULL', 'pg_class'::regclass::oid, relid,
                                 last_number + 1);
    END IF;

    query := format('SELECT %s, %s, %s FROM (SELECT ($1).*) AS leat_image',
                    leat.suffix_expression(key_names, 'leat_image'),
                    leat.key_expression(key_names, 'leat_image'),
                    leat.image_expression(image_names, image_masked, 'leat_image'));
    SELECT md5(string_agg(a.attnum || ' ' || format_type(a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)) INTO digest
      FROM pg_attribute a
     WHERE a.attrelid = relid AND NOT a.attisdropped
       AND CASE WHEN image_names IS NULL THEN a.attnum = ANY (key_numbers) ELSE a.attnum > 0 END;
END
$$;

REVOKE ALL ON FUNCTION leat.shape(integer) FROM PUBLIC;
