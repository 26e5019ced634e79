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
-- leat_internal.partitions(relid): a table and its partitions, their partitions too. Not by pg_partition_tree, which locks each of them and so
-- waits for whoever has locked one.
--
-- Returns:  oids; of a table that is not partitioned its own
-- Tables:   pg_inherits, pg_class
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
