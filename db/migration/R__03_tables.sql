-- What an attachment means for its table in the table's present form, which triggers the table must have, and what is wrong with it.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.columns_of(relid): the present columns of a table.
--
-- A query of pg_attribute uses the transaction's snapshot. In REPEATABLE READ this snapshot can be older than a rename, while the captured rows
-- already have the new name. A column that must be left out would then be searched under its old name. So the names come from
-- pg_identify_object_as_address, which always uses the newest catalog.
--
-- relid     a table
-- Returns:  attnum, name, in the order of the table; without dropped columns
-- Tables:   pg_attribute
-- Errors:   none; no rows if the table was dropped

-- leat_internal.partitions(relid): a table and its partitions on all levels. It does not use pg_partition_tree, which locks each partition and
-- so waits for other sessions.
--
-- Returns:  oids; the table's own if it is not partitioned
-- Tables:   pg_inherits, pg_class
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.columns_of(relid oid) RETURNS TABLE (attnum smallint, name text)
    LANGUAGE sql STABLE STRICT ROWS 20
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT number::smallint, names.object_names[3]
          FROM generate_series(1, 32 + coalesce((SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = relid), 0))
               AS number
         CROSS JOIN LATERAL pg_identify_object_as_address('pg_class'::regclass, relid, number) AS names
         WHERE names.object_names[3] IS NOT NULL
           AND NOT starts_with(names.object_names[3], '........pg.dropped.')
         ORDER BY number
    $$;

REVOKE ALL ON FUNCTION leat_internal.columns_of(oid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION leat_internal.partitions(relid oid) RETURNS TABLE (relid oid)
    LANGUAGE sql STABLE STRICT ROWS 20
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE tree (oid) AS (
            SELECT partitions.relid
            UNION
            SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
              JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
        )
        SELECT tree.oid FROM tree
    $$;

REVOKE ALL ON FUNCTION leat_internal.partitions(oid) FROM PUBLIC;

-- leat_internal.unique_keys(relid): the unique indexes of a table whose columns can be a key: valid, checked at once, over all rows, of
-- columns that are NOT NULL.
--
-- Returns:  the index's name and its columns, in the order in which they are preferred: those of fewer columns first, then by name
-- Tables:   pg_index, pg_class, pg_attribute
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.unique_keys(relid oid) RETURNS TABLE (place bigint, index text, columns smallint[])
    LANGUAGE sql STABLE STRICT ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT row_number() OVER (ORDER BY i.indnkeyatts, c.relname COLLATE "C"), c.relname::text,
               (i.indkey::smallint[])[0:i.indnkeyatts - 1]
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = unique_keys.relid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::smallint[])[0:i.indnkeyatts - 1]) AND NOT a.attnotnull)
    $$;

REVOKE ALL ON FUNCTION leat_internal.unique_keys(oid) FROM PUBLIC;

-- leat_internal.shape(attachment): what an attachment means for the table in its present form. The generated function is written from it, and
-- calls it for each row as long as the function is older than the table's present form.
-- leat_internal.shape_of(options): the same for given options. The load of a table that is not captured has options without an attachment.
--
-- attachment  leat_internal.attachment.attachment
-- options     a row of leat_internal.attachment, or a similar one
-- Returns one row:
--   relid        the table, null if it was dropped
--   schema_name, table_name
--   key_names    the present names of the key columns; empty if there is no usable key. If key columns were named at attach: the columns that
--                have these names now, or, where there is none, the column that had the name at attach
--   hashed       the columns whose hash is the key, if the table is attached with without_key => 'whole-row'; null: key_names are the key.
--                Columns that are left out or masked are not among them: a value of few possibilities could be found by its hash
--   key_list     '' or, for a held key, its columns in parentheses. They have the names of the attach, so that a rename does not change it.
--                (*) if the key is a hash, () if the table is one key: no list of columns looks like that
--   held         true: the key is not exactly the primary key of the table, or that is deferrable
--   prefix       the start of the partition keys: schema.table, and key_list. Held and other events of a table must never share a partition
--                key, because a held event may wait while another one of its key is published
--   key_types    the types of key_names
--   image_names  the columns that are published; null: the whole row as it is. Then all types are plain (leat_internal.plain)
--   image_types, image_masked   of image_names: the types, and whether the column is masked
--   pk_names     the columns of the primary key that may be published, empty if there are none. If the table is attached without old images,
--                an event contains only these columns of the old row
--   pk_types, pk_masked   of pk_names: the types, and whether the column is masked
--   typed_names, typed_types    the columns that are published unmasked, or as the key, and their types
--   event_schema, event_table   the names that events have: those of the table, or those that leat.attach was told
--   output       how values are written: format, the attachment's wire format; names, the names that columns are sent under, by their own; masks,
--                how columns are masked that are not masked by ***, by their names; mapping, that of leat.attach, with the present names and types
--                of its columns and whether they are masked; added, former and types, what transform adds, under which names it shows what columns
--                were before, and which columns are sent as strings; source, what an added column may read
--   filter       which rows are captured, with the present names and types of its columns; null: all
--   guard        SQL for a capture function: true as long as all of this is valid, except for the types of typed_names
--   query        SQL: computes from one row ($1), and from the row before ($2) where there is one, the key's suffix, the key, the image, the image of
--                pk_names, whether the row is captured, and where columns are added the images of the row if it is deleted, inserted, updated, and
--                inserted under another key, whatever its types are by now
--   problem      why there is no usable key, or what is wrong with the key; null: nothing
--   unsafe       true: it is not certain which columns must not be published, so no row may be read. problem has the reason
-- Tables:   leat_internal.attachment, pg_class, pg_attribute, pg_type, pg_constraint
-- Errors:   no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat_internal.shape(
        attachment integer,
        OUT relid oid,
        OUT schema_name text,
        OUT table_name text,
        OUT key_names text[],
        OUT key_types oid[],
        OUT hashed text[],
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
        OUT event_schema text,
        OUT event_table text,
        OUT output jsonb,
        OUT filter jsonb,
        OUT guard text,
        OUT query text,
        OUT problem text,
        OUT unsafe boolean)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    options leat_internal.attachment;
BEGIN
    SELECT a.* INTO STRICT options FROM leat_internal.attachment a WHERE a.attachment = shape.attachment;
    SELECT s.* INTO relid, schema_name, table_name, key_names, key_types, hashed, key_list, held, prefix, image_names, image_types, image_masked,
                    pk_names, pk_types, pk_masked, typed_names, typed_types, event_schema, event_table, output, filter, guard, query, problem, unsafe
      FROM leat_internal.shape_of(options) AS s;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.shape_of(
        options leat_internal.attachment,
        OUT relid oid,
        OUT schema_name text,
        OUT table_name text,
        OUT key_names text[],
        OUT key_types oid[],
        OUT hashed text[],
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
        OUT event_schema text,
        OUT event_table text,
        OUT output jsonb,
        OUT filter jsonb,
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
    names            text[];       -- the table's own name, as {schema,table}
    numbers          smallint[];   -- the table's columns, as attnums
    columns          text[];       -- the names of numbers
    types            oid[];        -- the types of numbers in this transaction's snapshot; null: the snapshot does not have the column
    pinned           boolean;      -- the attnums of the attachment are those of this table
    left_out_numbers smallint[];   -- columns left out
    masked_numbers   smallint[];   -- columns masked
    pk               oid;
    pk_numbers       smallint[];
    pk_defers        boolean;
    key_numbers      smallint[] := '{}';
    filter_numbers   smallint[];   -- columns of the filter
    mapping          jsonb := options.mapping;
    mapping_numbers  smallint[];   -- columns of the mapping
    needed           smallint[];   -- columns that must keep their numbers and names
    last_number      integer;
    conditions       text[];       -- of the guard
    further          text;         -- of query: the images with added columns
    above            integer := leat_internal.captured_above(options.attachment, 'capture');
BEGIN
    names := (pg_identify_object_as_address('pg_class'::regclass, options.relation, 0)).object_names;
    IF names IS NULL THEN
        problem := 'the table is gone';
        RETURN;
    END IF;
    relid := options.relation;
    schema_name := leat_internal.readable(names[1]);
    table_name := leat_internal.readable(names[2]);
    event_schema := coalesce(options.renamed ->> 'schema', schema_name);
    event_table := coalesce(options.renamed ->> 'table', table_name);
    pinned := options.pinned_in = options.relation::oid;

    SELECT coalesce(array_agg(c.attnum ORDER BY c.attnum), '{}'), coalesce(array_agg(c.name ORDER BY c.attnum), '{}')
      INTO numbers, columns
      FROM leat_internal.columns_of(relid) c;
    SELECT coalesce(array_agg(a.atttypid ORDER BY c.attnum), '{}') INTO types
      FROM unnest(numbers) AS c (attnum)
      LEFT JOIN pg_attribute a ON a.attrelid = relid AND a.attnum = c.attnum AND NOT a.attisdropped;
    -- In a restored table the columns have new numbers. If they are not the stored columns, somebody has changed the table since, and a column
    -- that must not be published may have another name.
    unsafe := NOT pinned AND cardinality(options.left_out || options.masked) > 0 AND columns IS DISTINCT FROM options.pinned_columns;
    IF unsafe THEN
        problem := 'the table was restored and then changed, so which of its columns must not leave is not certain: attach it again,'
                   ' naming them';
    END IF;
    -- A column of the filter goes by its name, or else, as a key column does, by the number that it had at attach.
    SELECT jsonb_agg(f.entry || jsonb_build_object('column', c.name, 'type', c.type) ORDER BY f.place), coalesce(array_agg(c.attnum), '{}')
      INTO filter, filter_numbers
      FROM jsonb_array_elements(options.filter) WITH ORDINALITY AS f (entry, place)
      LEFT JOIN LATERAL (SELECT n.* FROM unnest(numbers, columns, types) AS n (attnum, name, type)
                          WHERE n.name = f.entry ->> 'column' OR pinned AND n.attnum = (f.entry ->> 'attnum')::smallint
                          ORDER BY n.name = f.entry ->> 'column' DESC LIMIT 1) AS c ON true;
    IF jsonb_path_exists(filter, '$[*] ? (@.type == null)') THEN
        unsafe := true;
        problem := 'a column of its filter is gone, so which rows to capture is not certain: attach it again';
    END IF;
    -- A listed name stays left out. So does the column that had this name at attach, whatever its name is now.
    SELECT coalesce(array_agg(c.attnum), '{}') INTO left_out_numbers
      FROM unnest(numbers, columns) AS c (attnum, name)
     WHERE c.name = ANY (options.left_out) OR (pinned AND c.attnum = ANY (options.left_out_attnums));
    SELECT coalesce(array_agg(c.attnum), '{}') INTO masked_numbers
      FROM unnest(numbers, columns) AS c (attnum, name)
     WHERE c.name = ANY (options.masked) OR (pinned AND c.attnum = ANY (options.masked_attnums));

    SELECT con.oid, con.conkey, con.condeferrable INTO pk, pk_numbers, pk_defers
      FROM pg_constraint con
     WHERE con.conrelid = relid AND con.contype = 'p';
    -- A column of the mapping goes by its name or its number, as one of the filter does.
    SELECT mapping || jsonb_build_object('columns', jsonb_object_agg(m.used, jsonb_build_object(
                                             'name', c.name, 'type', c.type, 'masked', c.attnum = ANY (masked_numbers)))),
           coalesce(array_agg(c.attnum), '{}')
      INTO mapping, mapping_numbers
      FROM jsonb_each(mapping -> 'columns') AS m (used, attnum)
      LEFT JOIN LATERAL (SELECT n.* FROM unnest(numbers, columns, types) AS n (attnum, name, type)
                          WHERE n.name = m.used OR pinned AND n.attnum = m.attnum::text::smallint
                          ORDER BY n.name = m.used DESC LIMIT 1) AS c ON true
     HAVING count(*) > 0;
    mapping := coalesce(mapping, options.mapping);
    IF jsonb_path_exists(mapping, '$.columns.* ? (@.type == null)') THEN
        unsafe := true;
        problem := 'a column of its mapping is gone, so what to send is not certain: attach it again';
    END IF;
    IF mapping ? 'key' THEN
        IF EXISTS (SELECT FROM jsonb_path_query(mapping, '$.key.**.column') AS u (name)
                    WHERE (mapping #>> ARRAY['columns', u.name #>> '{}', 'masked'])::boolean) THEN
            mapping := jsonb_set(mapping, '{key}', '{"type": "schema-table"}');
            problem := 'a key column is masked: the table''s events share one partition key';
        END IF;
    ELSIF options.without_key IN ('whole-row', 'table') THEN
        pk := NULL;
        pk_numbers := NULL;  -- one that was added since is the key when the table is attached again
    ELSIF options.key_columns IS NULL THEN
        key_numbers := coalesce(pk_numbers, '{}');
        IF pk IS NULL THEN
            problem := 'the table has no primary key any more: its events share one partition key';
        ELSIF pk_defers THEN
            problem := 'the primary key is deferrable: within one key, the order of ids may differ from the order of commits';
        END IF;
    ELSE
        SELECT coalesce(array_agg(coalesce(
                   (SELECT c.attnum FROM unnest(numbers, columns) AS c (attnum, name) WHERE c.name = n.name),
                   (SELECT c.attnum FROM unnest(numbers) AS c (attnum) WHERE pinned AND c.attnum = options.key_attnums[n.place]))
               ORDER BY n.place), '{}')
          INTO key_numbers
          FROM unnest(options.key_columns) WITH ORDINALITY AS n (name, place);
        IF array_position(key_numbers, NULL) IS NOT NULL THEN
            key_numbers := '{}';
            problem := 'a key column is gone: the table''s events share one partition key';
        ELSIF NOT columns @> options.key_columns THEN
            SELECT format('no column is called %I any more: the key goes by the one that was, which is called %I now; attach the table'
                          ' again, naming it', n.name, columns[array_position(numbers, key_numbers[n.place])])
              INTO problem
              FROM unnest(options.key_columns) WITH ORDINALITY AS n (name, place)
             WHERE n.name <> ALL (columns)
             LIMIT 1;
        ELSIF options.without_key = 'unique' AND NOT EXISTS (SELECT FROM leat_internal.unique_keys(relid) AS u
                                                              WHERE u.columns @> key_numbers AND u.columns <@ key_numbers) THEN
            problem := format('no unique index without nulls has the columns of its key (%s) any more: several rows may have one key, whose'
                              ' changes stay in order; create it again, or attach the table again', array_to_string(options.key_columns, ', '));
        END IF;
    END IF;
    IF key_numbers && (left_out_numbers || masked_numbers) THEN
        key_numbers := '{}';
        problem := 'a key column is left out or masked: the table''s events share one partition key';
    END IF;

    SELECT coalesce(array_agg(columns[array_position(numbers, k.number)] ORDER BY k.place), '{}'),
           coalesce(array_agg(types[array_position(numbers, k.number)] ORDER BY k.place), '{}')
      INTO key_names, key_types
      FROM unnest(key_numbers) WITH ORDINALITY AS k (number, place);
    IF array_position(key_names, NULL) IS NOT NULL THEN
        -- This happens only while a concurrent change of the key is newer than this transaction's snapshot.
        key_numbers := '{}';
        key_names := '{}';
        key_types := '{}';
    END IF;
    held := NOT (cardinality(key_numbers) > 0 AND pk IS NOT NULL AND NOT pk_defers
                 AND key_numbers @> pk_numbers AND key_numbers <@ pk_numbers);
    key_list := CASE WHEN mapping ? 'key' THEN '()' WHEN options.without_key = 'whole-row' THEN '(*)' WHEN options.without_key = 'table' THEN '()' ELSE '' END;
    IF held AND cardinality(key_names) > 0 THEN
        SELECT '(' || string_agg(quote_ident(leat_internal.readable(n.name)), ',' ORDER BY n.place) || ')' INTO key_list
          FROM unnest(coalesce(options.key_columns, key_names)) WITH ORDINALITY AS n (name, place);
    END IF;
    -- No event that is not held has the name of a table alone as its key, or a text of leat_internal.free_key.
    prefix := CASE WHEN mapping #> '{key,text}' IS NOT NULL THEN ''
                   ELSE quote_ident(schema_name) || '.' || quote_ident(table_name) || CASE WHEN mapping ? 'key' THEN '' ELSE key_list END END;

    SELECT coalesce(array_agg(c.name ORDER BY c.place), '{}'),
           coalesce(array_agg(c.type ORDER BY c.place), '{}'),
           coalesce(array_agg(c.attnum = ANY (masked_numbers) ORDER BY c.place), '{}')
      INTO pk_names, pk_types, pk_masked
      FROM (SELECT k.number AS attnum, k.place, columns[array_position(numbers, k.number)] AS name,
                   types[array_position(numbers, k.number)] AS type
              FROM unnest(pk_numbers) WITH ORDINALITY AS k (number, place)) AS c
     WHERE c.attnum <> ALL (left_out_numbers) AND c.name IS NOT NULL;

    -- A virtual generated column has no value where a trigger runs. It is left out: null would be wrong.
    left_out_numbers := left_out_numbers || coalesce((SELECT array_agg(a.attnum) FROM pg_attribute a
                                   WHERE a.attrelid = relid AND a.attgenerated = 'v' AND NOT a.attisdropped), '{}');
    SELECT coalesce(array_agg(c.name ORDER BY c.attnum), '{}'), coalesce(array_agg(c.type ORDER BY c.attnum), '{}')
      INTO typed_names, typed_types
      FROM unnest(numbers, columns, types) AS c (attnum, name, type)
     WHERE c.attnum <> ALL (left_out_numbers || masked_numbers);
    hashed := CASE options.without_key WHEN 'whole-row' THEN typed_names END;
    IF cardinality(left_out_numbers) > 0 OR cardinality(masked_numbers) > 0 OR cardinality(options.left_out || options.masked) > 0
       OR leat_internal.is_dms(options.format) OR options.renamed ? 'columns' OR options.transform IS NOT NULL OR mapping ? 'attributes' OR mapping ? 'document'
       OR EXISTS (SELECT FROM (SELECT DISTINCT t.type FROM unnest(typed_types) AS t (type)) AS t
                   WHERE t.type IS NULL OR NOT leat_internal.plain(t.type)) THEN
        SELECT coalesce(array_agg(c.name ORDER BY c.attnum), '{}'),
               coalesce(array_agg(c.type ORDER BY c.attnum), '{}'),
               coalesce(array_agg(c.attnum = ANY (masked_numbers) ORDER BY c.attnum), '{}')
          INTO image_names, image_types, image_masked
          FROM unnest(numbers, columns, types) AS c (attnum, name, type)
         WHERE c.attnum <> ALL (left_out_numbers);
    END IF;

    output := jsonb_strip_nulls(jsonb_build_object(
        'format', options.format,
        'names', options.renamed -> 'columns',
        'mapping', CASE WHEN NOT unsafe THEN mapping END,
        'masks', (SELECT jsonb_object_agg(c.name, m.kind)
                    FROM unnest(numbers, columns) AS c (attnum, name)
                    CROSS JOIN LATERAL (SELECT coalesce(options.masks ->> c.name,
                                                        (SELECT options.masks ->> o.name
                                                           FROM unnest(options.masked, options.masked_attnums) AS o (name, attnum)
                                                          WHERE pinned AND o.attnum = c.attnum AND options.masks ? o.name LIMIT 1)) AS kind) AS m
                   WHERE c.attnum = ANY (masked_numbers) AND m.kind IS NOT NULL)));
    IF (SELECT count(DISTINCT coalesce(output -> 'names' ->> n.name, n.name)) < count(*) FROM unnest(image_names) AS n (name)) THEN
        output := output - 'names';
        problem := 'a column has the name that another one is sent under: all have their own names; attach the table again, renaming otherwise';
    END IF;

    IF options.transform IS NOT NULL AND image_names IS NOT NULL THEN
        output := output || jsonb_build_object(
            'types', coalesce(options.transform -> 'types', '{}'),
            'source', jsonb_build_object(
                'schema', schema_name, 'table', table_name,
                -- An added column says nothing of columns that must not leave.
                'columns', (SELECT coalesce(jsonb_object_agg(c.name, c.type::bigint), '{}') FROM unnest(image_names, image_types, image_masked) AS c (name, type, is_masked)
                             WHERE NOT c.is_masked AND c.type IS NOT NULL)),
            'former', (SELECT coalesce(jsonb_object_agg(c.name, concat(options.transform -> 'before' ->> 'prefix', coalesce(output -> 'names' ->> c.name, c.name),
                                                              options.transform -> 'before' ->> 'suffix')), '{}')
                         FROM unnest(image_names, image_types) AS c (name, type)
                        WHERE CASE options.transform -> 'before' ->> 'columns'
                                  WHEN 'pk-only' THEN c.name = ANY (pk_names)
                                  WHEN 'non-lob' THEN leat_internal.base_type(c.type) <> ALL ('{text,json,jsonb,bytea,xml,tsvector}'::regtype[]::oid[])
                                                      AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = c.type AND t.typcategory IN ('A', 'C'))
                                  WHEN 'all' THEN true
                                  ELSE false END));
        output := output || jsonb_build_object(
            'added', (SELECT coalesce(jsonb_agg(e.entry ORDER BY e.place), '[]')
                        FROM jsonb_array_elements(options.transform -> 'add') WITH ORDINALITY AS e (entry, place)
                       WHERE NOT EXISTS (SELECT FROM jsonb_path_query(e.entry -> 'value', '$.**.column') AS r (name)
                                          WHERE NOT output -> 'source' -> 'columns' ? (r.name #>> '{}'))));
        IF jsonb_array_length(output -> 'added') < jsonb_array_length(coalesce(options.transform -> 'add', '[]')) THEN
            problem := 'an added column reads a column that is gone: it is not added any more; attach the table again';
        END IF;
        IF (SELECT count(DISTINCT n.name) < count(*)
              FROM (SELECT coalesce(output -> 'names' ->> i.name, i.name) FROM unnest(image_names) AS i (name)
                    UNION ALL SELECT f.value FROM jsonb_each_text(output -> 'former') AS f
                    UNION ALL SELECT e.entry ->> 'name' FROM jsonb_array_elements(output -> 'added') AS e (entry)) AS n (name)) THEN
            output := output || '{"added": [], "former": {}}';
            problem := 'a column has the name of one that is added: none is added any more; attach the table again, naming them otherwise';
        END IF;
    END IF;

    -- The guard proves the types of the columns of filter and mapping too. If image_names is null, they are among the others.
    SELECT typed_names || coalesce(array_agg(c.name ORDER BY c.attnum), '{}'), typed_types || coalesce(array_agg(c.type ORDER BY c.attnum), '{}')
      INTO typed_names, typed_types
      FROM unnest(numbers, columns, types) AS c (attnum, name, type)
     WHERE c.attnum = ANY (filter_numbers || mapping_numbers) AND c.name <> ALL (typed_names);

    -- The function is only for this table and its partitions.
    SELECT CASE c.relkind WHEN 'p' THEN ARRAY[format('pg_partition_root(TG_RELID)::oid = %s', pg_partition_root(relid)::oid)]
                          -- If the table has become a partition, or is none any more, another table above it may capture its rows.
                          ELSE ARRAY[format('TG_RELID = %s', relid),
                                     format('pg_partition_root(TG_RELID) IS NOT DISTINCT FROM %L::oid', pg_partition_root(relid)::oid)] END
      INTO conditions
      FROM pg_class c WHERE c.oid = relid;
    needed := key_numbers || left_out_numbers || masked_numbers || array_remove(filter_numbers || mapping_numbers, NULL) || CASE WHEN NOT options.before THEN pk_numbers END
              -- Two columns of one type may exchange their names, and a row then has another hash.
              || CASE WHEN hashed IS NOT NULL THEN numbers END;
    -- pg_describe_object returns the present names of column, schema and table, in less than half a microsecond.
    conditions := conditions || ARRAY(
        SELECT format('pg_describe_object(%s, %s, %s) = %L', 'pg_class'::regclass::oid, relid, g.number,
                      pg_describe_object('pg_class'::regclass, relid, g.number))
          FROM (SELECT unnest(needed) AS number UNION SELECT 0 WHERE cardinality(needed) = 0) AS g
         ORDER BY g.number);
    IF pk IS NOT NULL AND (options.key_columns IS NULL OR NOT held OR NOT options.before) THEN
        -- It is enough that the constraint exists: its columns, and that it is not deferrable, cannot be altered.
        conditions := conditions || format('pg_describe_object(%s, %s, 0) IS NOT NULL', 'pg_constraint'::regclass::oid, pk);
    END IF;
    last_number := coalesce((SELECT max(a.attnum) FROM pg_attribute a WHERE a.attrelid = relid), 0);
    last_number := greatest(last_number, (SELECT max(n) FROM unnest(numbers) AS n));
    conditions := conditions || format(CASE WHEN image_names IS NULL AND hashed IS NULL AND columns @> coalesce(options.key_columns, '{}')
                                            THEN '(pg_describe_object(%1$s, %2$s, %3$s + 1) IS NULL OR leat_internal.plain_since(%2$s, %3$s))'
                                            ELSE 'pg_describe_object(%1$s, %2$s, %3$s + 1) IS NULL' END,
                                       'pg_class'::regclass::oid, relid, last_number);
    IF NOT leat_internal.too_nested(image_types) THEN
        conditions := conditions || leat_internal.fields_guard(image_types);
    END IF;
    guard := CASE WHEN unsafe OR above IS NOT NULL THEN 'false' ELSE array_to_string(conditions, E'\n           AND ') END;

    IF above IS NOT NULL THEN
        problem := format('it is a partition of %s, which is attached too: its changes are captured as that one''s, by that one''s'
                          ' options, as long as it is', (SELECT a.relation FROM leat_internal.attachment a WHERE a.attachment = above));
    END IF;

    further := 'NULL::json, NULL::json, NULL::json, NULL::json';
    IF coalesce(output -> 'added', '[]') <> '[]' OR coalesce(output -> 'former', '{}') <> '{}' THEN
        further := concat_ws(
            ', ',
            CASE WHEN options.before
                 THEN leat_internal.image_expression(image_names, image_types, image_masked, 'leat_image', false, output,
                                                     leat_internal.added_list(output, 'leat_image', $q$'DELETE'$q$, false))
                 ELSE leat_internal.pk_expression(pk_names, pk_types, pk_masked, image_names, 'leat_image', false, output,
                                                  leat_internal.added_list(output, 'leat_image', $q$'DELETE'$q$, false)) END,
            leat_internal.image_expression(image_names, image_types, image_masked, 'leat_image', false, output,
                                           leat_internal.added_list(output, 'leat_image', $q$'INSERT'$q$, false)),
            leat_internal.image_expression(
                image_names, image_types, image_masked, 'leat_image', false, output,
                nullif(concat_ws(', ', leat_internal.added_list(output, 'leat_image', $q$'UPDATE'$q$, false),
                                 leat_internal.former_list(image_names, image_types, image_masked, output, 'leat_former', false)), '')),
            leat_internal.image_expression(
                image_names, image_types, image_masked, 'leat_image', false, output,
                nullif(concat_ws(', ', leat_internal.added_list(output, 'leat_image', $q$'INSERT'$q$, false),
                                 leat_internal.former_list(image_names, image_types, image_masked, output, 'leat_former', false)), '')));
    END IF;
    query := format('SELECT %s, %s, %s, %s, %s, %s FROM (SELECT ($1).*) AS leat_image, (SELECT ($2).*) AS leat_former',
                    leat_internal.suffix_expression(hashed, key_names, key_types, 'leat_image', false, output),
                    leat_internal.key_expression(key_names, key_types, 'leat_image', false, output),
                    leat_internal.image_expression(coalesce(image_names, typed_names), coalesce(image_types, typed_types),
                                                   image_masked, 'leat_image', false, output),
                    leat_internal.pk_expression(pk_names, pk_types, pk_masked, image_names, 'leat_image', false, output),
                    CASE WHEN unsafe OR filter IS NULL THEN 'true' ELSE leat_internal.filter_expression(filter, 'leat_image') END,
                    further);
END
$$;

-- leat_internal.fields_guard(types): SQL conditions that are true as long as the composite types among these types, and among their fields
-- and elements, have their present fields.
CREATE OR REPLACE FUNCTION leat_internal.fields_guard(types oid[]) RETURNS text[]
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
        SELECT coalesce(array_agg(format('pg_describe_object(%s, %s, %s) IS NOT DISTINCT FROM %L', 'pg_class'::regclass::oid, relid, number,
                                         pg_describe_object('pg_class'::regclass, relid, number)) ORDER BY relid, number), '{}')
          FROM field
    $$;

-- leat_internal.plain_since(relid, last): whether the columns that were added to a table after its column number last have PostgreSQL's own
-- types, for a capture function that is older than these columns. Only in READ COMMITTED does the transaction see the newest catalog, which
-- cannot change meanwhile, because the writer has locked the table. In other isolation levels the answer is false.
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
REVOKE ALL ON FUNCTION leat_internal.shape_of(leat_internal.attachment) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.fields_guard(oid[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.plain_since(oid, integer) FROM PUBLIC;

-- leat_internal.order_risks(relation): what can make the order of ids differ from the order of a table's changes, or prevents the capture
-- of changes.
--
-- relation  a table
-- Returns:  sentences for a person; none if all is well
-- Tables:   pg_trigger, pg_proc, pg_inherits, pg_class, pg_constraint
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.order_risks(relation regclass) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(risk ORDER BY risk), '{}') FROM (
            SELECT DISTINCT format(
                       'the AFTER ROW trigger %I may change other rows of this table while a statement is still being'
                       ' captured, and its changes would come before older ones; unless it never does, make it a'
                       ' CONSTRAINT TRIGGER that is INITIALLY DEFERRED', t.tgname) AS risk
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE t.tgrelid IN (SELECT order_risks.relation UNION SELECT r.relid FROM leat_internal.partitions(order_risks.relation) r)
               AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0 AND NOT t.tginitdeferred
               AND p.pronamespace <> 'leat_internal'::regnamespace
               AND t.tgenabled <> 'D'
            UNION
            SELECT DISTINCT format('the trigger %I sorts before !leat_capture, so what it changes is captured before the'
                                   ' change that caused it; rename it', t.tgname)
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE t.tgrelid = order_risks.relation AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0
               AND NOT t.tginitdeferred AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgname < '!leat_capture'
            UNION
            SELECT format('%s inherits from this table (INHERITS); its rows are not captured: attach it by itself',
                          i.inhrelid::regclass)
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = order_risks.relation AND NOT c.relispartition
            UNION
            SELECT format('the primary key %I is DEFERRABLE: two transactions may hold one key at a time, and the order'
                          ' within it is not certain', con.conname)
              FROM pg_constraint con
             WHERE con.conrelid = order_risks.relation AND con.contype = 'p' AND con.condeferrable
        ) AS risks
    $$;

REVOKE ALL ON FUNCTION leat_internal.order_risks(regclass) FROM PUBLIC;

-- leat_internal.statement_risks(attachment): why a table's changes cannot be captured by the statement: what would make the order wrong, or
-- prevent the capture of changes. As long as there is a reason, changes are captured by the row.
-- leat_internal.capture_by(attachment): which triggers an attachment must have: row or statement.
-- leat_internal.capture_began(): the function of the trigger !leat_before. It stores the last id that was drawn before an UPDATE or DELETE.
-- It never fails.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  statement_risks: sentences for a person; none if all is well
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   none; no_data_found for an unknown attachment
CREATE OR REPLACE FUNCTION leat_internal.statement_risks(attachment integer) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH RECURSIVE shape AS (
            SELECT s.* FROM leat_internal.shape(statement_risks.attachment) AS s
        ), part (attname, typid) AS (
            SELECT a.attname, a.atttypid FROM pg_attribute a JOIN shape ON a.attrelid = shape.relid
             WHERE a.attnum > 0 AND NOT a.attisdropped
            UNION
            -- The element type of an array, and the base type of a domain.
            SELECT part.attname, coalesce(nullif(t.typbasetype, 0), t.typelem)
              FROM part JOIN pg_type t ON t.oid = part.typid
             WHERE t.typtype = 'd' OR (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc)
        )
        SELECT coalesce(array_agg(risk ORDER BY risk), '{}') FROM (
            SELECT 'its key is not its primary key, so its events are held and change their key more often' AS risk
              FROM shape WHERE held
            UNION
            SELECT 'it has a filter, and a row that an update takes into it or out of it is an insert or a delete' FROM shape WHERE filter IS NOT NULL
            UNION
            SELECT 'columns are added to its rows, one row at a time' FROM shape WHERE output -> 'added' <> '[]' OR output -> 'former' <> '{}'
            UNION
            SELECT 'it is partitioned: a statement on a partition would not be captured'
              FROM shape JOIN pg_class c ON c.oid = shape.relid WHERE c.relkind = 'p'
            UNION
            SELECT 'it is a partition: a statement on the partitioned table would not be captured'
              FROM shape JOIN pg_class c ON c.oid = shape.relid WHERE c.relispartition
            UNION
            SELECT format('%s inherits from it (INHERITS), and its rows would be taken for this table''s', i.inhrelid::regclass)
              FROM shape JOIN pg_inherits i ON i.inhparent = shape.relid
              JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
            UNION
            SELECT format('it inherits from %s: a statement on that one would not be captured', i.inhparent::regclass)
              FROM shape JOIN pg_inherits i ON i.inhrelid = shape.relid
              JOIN pg_class c ON c.oid = shape.relid AND NOT c.relispartition
            UNION
            SELECT format('the AFTER ROW trigger %I runs before the statement is captured, and what it changes in this table would'
                          ' come before older changes; make it a CONSTRAINT TRIGGER that is INITIALLY DEFERRED', t.tgname)
              FROM shape JOIN pg_trigger t ON t.tgrelid = shape.relid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0 AND NOT t.tginitdeferred
               AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgenabled <> 'D'
            UNION
            SELECT format('the trigger %I sorts before !leat_update, so what it changes would come before older changes; rename it',
                          t.tgname)
              FROM shape JOIN pg_trigger t ON t.tgrelid = shape.relid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE NOT t.tgisinternal AND t.tgtype & 67 = 0 AND t.tgtype & 28 <> 0
               AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgenabled <> 'D' AND t.tgname < '!leat_update'
            UNION
            SELECT format('the foreign key %I updates its rows from another statement''s midst (ON DELETE or ON UPDATE with CASCADE,'
                          ' SET NULL or SET DEFAULT)', con.conname)
              FROM shape JOIN pg_constraint con ON con.conrelid = shape.relid
             WHERE con.contype = 'f' AND (con.confupdtype IN ('c', 'n', 'd') OR con.confdeltype IN ('n', 'd'))
            UNION
            SELECT 'a subscription writes to it, and applying changes fires no statement triggers'
              FROM shape JOIN pg_subscription_rel s ON s.srrelid = shape.relid
            UNION
            SELECT format('the type of the column %I is not PostgreSQL''s own, so writing it as JSON may fail', part.attname)
              FROM part JOIN pg_type t ON t.oid = part.typid
             WHERE part.typid >= 16384 AND t.typtype NOT IN ('d', 'e')
               AND NOT (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc)
            UNION
            SELECT 'the database''s encoding is not UTF-8' WHERE getdatabaseencoding() <> 'UTF8'
        ) AS risks
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_by(attachment integer) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN a.capture = 'statement' AND leat_internal.statement_risks(a.attachment) <> '{}' THEN 'row' ELSE a.capture END
          FROM leat_internal.attachment a WHERE a.attachment = capture_by.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.capture_began() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM set_config('leat.began_' || TG_RELID,
                       coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), 0)::text, true);
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.statement_risks(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_by(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.capture_began() FROM PUBLIC;

-- leat_internal.trigger_name(kind, attachment): the name of an attachment's trigger: !leat_<kind>. For a partitioned table the name ends with
-- the attachment's number. PostgreSQL creates the row triggers of a partitioned table in each partition under the same names, and refuses a
-- partition that has a trigger of that name. Without the number, an attached table could not become a partition of another attached table.
-- leat_internal.captured_above(attachment, kind): the attachment of the topmost attached table of which this table is a partition, and which has
-- a trigger of this kind. Then this table's own triggers do nothing, so that each change is captured once.
-- leat_internal.wanted_triggers(attachment): the triggers that a table must have, except !leat_truncate.
--
-- kind        capture, truncate, insert, update, delete or before
-- attachment  leat_internal.attachment.attachment
-- Returns:  captured_above: null if there is none. wanted_triggers: name, type (pg_trigger.tgtype: 1 row, 2 before, 4 insert, 8 delete,
--           16 update), clause (a format whose argument is the table), function (in the schema leat_internal)
-- Tables:   leat_internal.attachment, the catalog
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.trigger_name(kind text, attachment integer) RETURNS name
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ('!leat_' || kind || CASE c.relkind WHEN 'p' THEN '_' || a.attachment ELSE '' END)::name
          FROM leat_internal.attachment a LEFT JOIN pg_class c ON c.oid = a.relation
         WHERE a.attachment = trigger_name.attachment
    $$;

CREATE OR REPLACE FUNCTION leat_internal.captured_above(attachment integer, kind text) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT above.attachment
          FROM leat_internal.attachment own
         CROSS JOIN LATERAL pg_partition_ancestors(own.relation) WITH ORDINALITY AS p (relid, height)
          JOIN leat_internal.attachment above ON above.relation = p.relid
          JOIN pg_trigger t ON t.tgrelid = p.relid AND t.tgname = leat_internal.trigger_name(kind, above.attachment)
         WHERE own.attachment = captured_above.attachment AND p.relid <> own.relation
           -- This transaction's snapshot may be older than the detach of that attachment.
           AND pg_describe_object('pg_trigger'::regclass, t.oid, 0) IS NOT NULL
         ORDER BY p.height DESC
         LIMIT 1
    $$;

CREATE OR REPLACE FUNCTION leat_internal.wanted_triggers(attachment integer)
    RETURNS TABLE (name name, type smallint, clause text, function name)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH options AS (
            SELECT a.operations, leat_internal.capture_by(a.attachment) = 'statement' AS whole, a.event_router
              FROM leat_internal.attachment a WHERE a.attachment = wanted_triggers.attachment
        ), rows (events, type) AS (
            SELECT string_agg(upper(o COLLATE "C"), ' OR ' ORDER BY o),
                   1 + sum(CASE o WHEN 'insert' THEN 4 WHEN 'delete' THEN 8 ELSE 16 END)
              FROM options, unnest(options.operations) AS o
             WHERE o <> 'truncate' AND NOT options.whole
        )
        SELECT w.name::name, w.type::smallint, w.clause, coalesce(w.function, 'capture_' || wanted_triggers.attachment)::name
          FROM (SELECT leat_internal.trigger_name('capture', wanted_triggers.attachment), rows.type, 'AFTER ' || rows.events || ' ON %s FOR EACH ROW', NULL
                  FROM rows WHERE rows.events IS NOT NULL
                UNION ALL
                SELECT '!leat_insert', 4, 'AFTER INSERT ON %s REFERENCING NEW TABLE AS leat_new FOR EACH STATEMENT', NULL
                  FROM options WHERE whole AND 'insert' = ANY (operations)
                UNION ALL
                SELECT '!leat_update', 16,
                       'AFTER UPDATE ON %s REFERENCING OLD TABLE AS leat_old NEW TABLE AS leat_new FOR EACH STATEMENT', NULL
                  FROM options WHERE whole AND 'update' = ANY (operations)
                UNION ALL
                SELECT '!leat_delete', 8, 'AFTER DELETE ON %s REFERENCING OLD TABLE AS leat_old FOR EACH STATEMENT', NULL
                  FROM options WHERE whole AND 'delete' = ANY (operations)
                UNION ALL
                SELECT '!leat_before', 2 + sum(CASE o WHEN 'delete' THEN 8 ELSE 16 END),
                       'BEFORE ' || string_agg(upper(o COLLATE "C"), ' OR ' ORDER BY o) || ' ON %s FOR EACH STATEMENT', 'capture_began'
                  FROM options, unnest(operations) AS o WHERE whole AND o IN ('update', 'delete') HAVING count(*) > 0
                UNION ALL
                -- Its name is after that of the trigger that captures the row.
                SELECT '!leat_remove', 5, 'AFTER INSERT ON %s FOR EACH ROW', 'remove_routed'
                  FROM options WHERE event_router ? 'delete' AND 'insert' = ANY (operations)) AS w (name, type, clause, function)
    $$;

REVOKE ALL ON FUNCTION leat_internal.trigger_name(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.captured_above(integer, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.wanted_triggers(integer) FROM PUBLIC;

-- leat_internal.trigger_faults(attachment): which triggers of an attachment are missing, differ from what Leat creates, or are not enabled,
-- on the table and on each of its partitions.
--
-- attachment  leat_internal.attachment.attachment
-- Returns:  relid, trigger (its name), fault (missing, replaced, disabled, or not ENABLE ALWAYS). Replaced means a trigger of that name with
--           another function, other events, a condition or a list of columns
-- Tables:   leat_internal.attachment, pg_trigger
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.trigger_faults(attachment integer)
    RETURNS TABLE (relid regclass, trigger text, fault text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH tree AS (
            SELECT root.oid AS root, part.relid
              FROM leat_internal.attachment a
              JOIN pg_class root ON root.oid = a.relation
             CROSS JOIN LATERAL (SELECT root.oid AS relid
                                 UNION
                                 SELECT r.relid FROM leat_internal.partitions(root.oid) AS r
                                   JOIN pg_class c ON c.oid = r.relid AND c.relkind IN ('r', 'p')) AS part
             WHERE a.attachment = trigger_faults.attachment
        ), wanted AS (
            SELECT w.name, w.type, w.function FROM leat_internal.wanted_triggers(trigger_faults.attachment) AS w
            UNION ALL
            SELECT leat_internal.trigger_name('truncate', a.attachment), 32, ('capture_' || a.attachment)::name FROM leat_internal.attachment a
             WHERE a.attachment = trigger_faults.attachment AND 'truncate' = ANY (a.operations)
        ), seen AS (
            SELECT tree.root, tree.relid, wanted.name,
                   CASE WHEN t.oid IS NULL THEN 'missing'
                        WHEN t.tgtype <> wanted.type OR t.tgqual IS NOT NULL OR t.tgattr::text <> '' OR t.tgnargs <> 0 OR t.tgdeferrable
                             OR p.pronamespace <> 'leat_internal'::regnamespace OR p.proname <> wanted.function OR p.pronargs <> 0
                             OR coalesce(t.tgoldtable, 'leat_old') <> 'leat_old' OR coalesce(t.tgnewtable, 'leat_new') <> 'leat_new'
                        THEN 'replaced'
                        WHEN t.tgenabled = 'D' THEN 'disabled'
                        WHEN t.tgenabled <> 'A' THEN 'not ENABLE ALWAYS' END AS fault
              FROM tree
             CROSS JOIN wanted
             -- OFFSET 0 forces the use of the index, however many partitions the planner expects: there may be thousands of triggers.
              LEFT JOIN LATERAL (SELECT g.* FROM pg_trigger g WHERE g.tgrelid = tree.relid AND g.tgname = wanted.name OFFSET 0) AS t ON true
              LEFT JOIN LATERAL (SELECT f.* FROM pg_proc f WHERE f.oid = t.tgfoid OFFSET 0) AS p ON true
        )
        SELECT seen.relid::regclass, seen.name::text, seen.fault
          FROM seen
         WHERE seen.fault IS NOT NULL
         ORDER BY seen.relid <> seen.root, seen.relid::regclass::text, seen.name
    $$;

REVOKE ALL ON FUNCTION leat_internal.trigger_faults(integer) FROM PUBLIC;

-- leat_internal.replaced(): attachments whose table was dropped, or whose table's name belongs to another table now that is not captured. Then
-- changes may continue in a table that is not attached. A DROP and a CREATE, or a swap by two renames, leave no other trace.
--
-- Returns:  attachment; relation (the attached table, null if it was dropped); schema_name, table_name (its name at attach); other (the table
--           that has this name now and is not captured, null if there is none); problem (a sentence for a person)
-- Tables:   leat_internal.attachment, pg_class, pg_namespace
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.replaced()
    RETURNS TABLE (attachment integer, relation regclass, schema_name text, table_name text, other regclass, problem text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT r.attachment, r.oid::regclass, r.schema_name, r.table_name, r.other::regclass,
               CASE WHEN r.other IS NULL THEN
                        format('%I.%I was dropped: attach it again when there is one; SELECT leat.detach(%L, %L) forgets it',
                               r.schema_name, r.table_name, r.schema_name, r.table_name)
                    WHEN r.oid IS NULL THEN
                        format('%I.%I is not the table that was attached: that one was dropped, and this one is not captured: attach it;'
                               ' SELECT leat.detach(%L, %L) forgets the dropped one', r.schema_name, r.table_name, r.schema_name,
                               r.table_name)
                    ELSE format('%I.%I is not the table that was attached: that one is called %s now, and this one is not captured: attach'
                                ' it; if it is not to be captured, attach %s again, under that name', r.schema_name, r.table_name,
                                r.present, r.present)
               END
          FROM (SELECT a.attachment, c.oid, a.schema_name, a.table_name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS present,
                       (SELECT o.oid
                          FROM pg_class o JOIN pg_namespace ns ON ns.oid = o.relnamespace
                         WHERE ns.nspname = a.schema_name AND o.relname = a.table_name AND o.relkind IN ('r', 'p')
                           AND NOT EXISTS (SELECT FROM leat_internal.attachment x
                                            WHERE x.relation = o.oid
                                               OR x.relation IN (SELECT p.relid FROM pg_partition_ancestors(o.oid) AS p))) AS other
                  FROM leat_internal.attachment a
                  LEFT JOIN pg_class c ON c.oid = a.relation
                  LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE (n.nspname = a.schema_name AND c.relname = a.table_name) IS NOT TRUE) AS r
         WHERE r.oid IS NULL OR r.other IS NOT NULL
    $$;

REVOKE ALL ON FUNCTION leat_internal.replaced() FROM PUBLIC;

-- leat_internal.orphans(): capture functions whose attachment's row is missing, and the tables whose triggers still call them. That happens after
-- TRUNCATE of all tables, and in a database that was created from a dump without data. Such a table is captured with its last options as long
-- as its shape does not change.
-- leat_internal.skip_orphan_numbers(): ensures that the next attachment does not get the number of an orphan, whose function it would replace.
--
-- Returns:  orphans: function; relation, null if no trigger calls it. The partitions of a partitioned table are not listed
-- Tables:   leat_internal.attachment, the catalog; skip_orphan_numbers sets the sequence of leat_internal.attachment
-- Errors:   none
CREATE OR REPLACE FUNCTION leat_internal.orphans() RETURNS TABLE (function oid, relation oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT DISTINCT p.oid, t.tgrelid
          FROM pg_proc p
          LEFT JOIN pg_trigger t ON t.tgfoid = p.oid AND t.tgparentid = 0
         WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]+$' AND p.pronargs = 0
           AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE 'capture_' || a.attachment = p.proname::text)
    $$;

CREATE OR REPLACE FUNCTION leat_internal.skip_orphan_numbers() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    sequence regclass := pg_get_serial_sequence('leat_internal.attachment', 'attachment');
    highest  bigint;
BEGIN
    SELECT max(substr(p.proname, 9)::bigint) INTO highest
      FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]{1,9}$';
    IF highest > coalesce(pg_sequence_last_value(sequence), 0) THEN
        PERFORM setval(sequence, highest);
    END IF;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.orphans() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.skip_orphan_numbers() FROM PUBLIC;
