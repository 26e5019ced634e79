-- leat_internal.lane_of(partition_key): the lane of a partition key, the top six bits of the MD5 that Kinesis places it by.
--
-- partition_key  as stored (leat_internal.partition_key)
-- Returns:  0 to 63
-- Tables:   none
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.lane_of(partition_key text) RETURNS smallint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT (get_byte(decode(md5(convert_to(partition_key, 'UTF8')), 'hex'), 0) >> 2)::smallint $$;

REVOKE ALL ON FUNCTION leat_internal.lane_of(text) FROM PUBLIC;
