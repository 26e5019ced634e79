-- leat.suffix_expression(names, row_name): SQL for what follows the table in the partition key: a dot and the key's text,
-- or nothing where there is no key.
-- leat.key_expression(names, row_name): SQL for the key columns as a JSON object, or null where there is no key.
-- leat.image_expression(names, masked, row_name): SQL for the row as a JSON object; the whole row when names is null.
--
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
                   WHEN names IS NULL THEN format('row_to_json(%s)', row_name)
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

REVOKE ALL ON FUNCTION leat.suffix_expression(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.key_expression(text[], text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.image_expression(text[], boolean[], text) FROM PUBLIC;
