-- leat_internal.columns_of(relid): the columns that a table has at this moment.
--
-- A query of pg_attribute answers as of the transaction's snapshot. In REPEATABLE READ that is older than a rename which
-- the rows at hand already carry, and a column that must be left out would be looked for under its former name. So the
-- names come from pg_identify_object_as_address, which always sees the newest catalog.
--
-- relid     a table
-- Returns:  attnum, name, in the order of the table; without dropped columns
-- Tables:   pg_attribute
-- Errors:   none; no rows for a table that is gone
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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
