-- leat.suffix_expression(names, row_name): SQL for what follows the table in the partition key: a dot and the key's text,
-- or nothing where there is no key.
-- leat.key_expression(names, row_name): SQL for the key columns as a JSON object, or null where there is no key.
-- leat.image_expression(names, masked, row_name): SQL for the row as a JSON object; the whole row when names is null.
-- leat.rows_expression(operation, prefix, names, images, masked, before, span): SQL for the rows of a statement's transition tables leat_old
-- and leat_new, as a query in parentheses: old_partition, new_partition, old_key, new_key, old_image, new_image, and for an
-- UPDATE same: whether the key is, and place: which row of the statement it is.
--
-- span      which rows: nothing for all, OFFSET 7 LIMIT 1 for one
-- names     columns; written quoted, whatever they hold
-- masked    beside names: true for a column of which only '***' may leave (null stays null)
-- row_name  NEW, OLD or an alias
-- Returns:  text of an expression, for leat.capture_source and leat.shape
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat.suffix_expression(names text[], row_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE cardinality(names)
                   WHEN 0 THEN $q$''$q$
                   WHEN 1 THEN format($q$'.' || coalesce(%s.%I::text, '')$q$, row_name, names[1])
                   ELSE format($q$'.' || ROW(%s)::text$q$,
                               (SELECT string_agg(format('%s.%I', row_name, name), ', ' ORDER BY place)
                                  FROM unnest(names) WITH ORDINALITY AS n (name, place)))
               END
    $$;

CREATE OR REPLACE FUNCTION leat.key_expression(names text[], row_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE cardinality(names)
                   WHEN 0 THEN 'NULL::json'
                   ELSE format($q$(%s || '}')::json$q$,
                               (SELECT string_agg(
                                           format($q$%L || coalesce(to_json(%s.%I)::text, 'null')$q$,
                                                  CASE place WHEN 1 THEN '{' ELSE ',' END || to_json(name) || ':',
                                                  row_name, name),
                                           ' || ' ORDER BY place)
                                  FROM unnest(names) WITH ORDINALITY AS n (name, place)))
               END
    $$;

CREATE OR REPLACE FUNCTION leat.image_expression(names text[], masked boolean[], row_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE
                   WHEN names IS NULL THEN format(CASE WHEN row_name IN ('OLD', 'NEW') THEN 'row_to_json(%s)'
                                                       -- A column may bear the alias's name.
                                                       ELSE 'row_to_json(%s.*)' END, row_name)
                   WHEN cardinality(names) = 0 THEN $q$'{}'::json$q$
                   ELSE format('(SELECT row_to_json(leat_row) FROM (SELECT %s) AS leat_row)',
                               (SELECT string_agg(
                                           CASE WHEN hidden
                                                THEN format($q$CASE WHEN %s.%I IS DISTINCT FROM NULL THEN '***' END AS %2$I$q$,
                                                            row_name, name)
                                                ELSE format('%s.%I AS %2$I', row_name, name) END,
                                           ', ' ORDER BY place)
                                  FROM unnest(names, masked) WITH ORDINALITY AS n (name, hidden, place)))
               END
    $$;

CREATE OR REPLACE FUNCTION leat.rows_expression(
        operation text, prefix text, names text[], images text[], masked boolean[], before boolean, span text)
    RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH side (name, query) AS (
            -- OFFSET 0 keeps what is worked out for a row from being worked out wherever it is used.
            SELECT s.name,
                   format('(SELECT %sCASE WHEN length(s.wanted) > 256 THEN leat.partition_key(s.wanted) ELSE s.wanted END'
                          ' AS partition, s.key, s.image FROM (SELECT %L || %s AS wanted, %s AS key, %s AS image'
                          ' FROM %s OFFSET 0) AS s)',
                          CASE operation WHEN 'UPDATE' THEN 'row_number() OVER () AS place, ' ELSE '' END, prefix,
                          leat.suffix_expression(names, s.name), leat.key_expression(names, s.name),
                          CASE WHEN s.name = 'leat_new' OR before THEN leat.image_expression(images, masked, s.name)
                               ELSE 'NULL::json' END,
                          CASE span WHEN '' THEN s.name
                                    ELSE format('(SELECT * FROM %1$s %2$s) AS %1$s', s.name, span) END)
              FROM unnest(ARRAY['leat_old', 'leat_new']) AS s (name))
        SELECT CASE operation
                   WHEN 'INSERT' THEN
                       format('(SELECT NULL::text AS old_partition, n.partition AS new_partition, NULL::json AS old_key,'
                              ' n.key AS new_key, NULL::json AS old_image, n.image AS new_image FROM %s AS n)',
                              (SELECT query FROM side WHERE name = 'leat_new'))
                   WHEN 'DELETE' THEN
                       format('(SELECT o.partition AS old_partition, NULL::text AS new_partition, o.key AS old_key,'
                              ' NULL::json AS new_key, o.image AS old_image, NULL::json AS new_image FROM %s AS o)',
                              (SELECT query FROM side WHERE name = 'leat_old'))
                   ELSE
                       format('(SELECT place, o.partition AS old_partition, n.partition AS new_partition, o.key AS old_key,'
                              ' n.key AS new_key, o.image AS old_image, n.image AS new_image, o.partition = n.partition AS same'
                              ' FROM %s AS o JOIN %s AS n USING (place))',
                              (SELECT query FROM side WHERE name = 'leat_old'),
                              (SELECT query FROM side WHERE name = 'leat_new')) END
    $$;

REVOKE ALL ON FUNCTION leat.rows_expression(text, text, text[], text[], boolean[], boolean, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.suffix_expression(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.key_expression(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.image_expression(text[], boolean[], text) FROM PUBLIC;
