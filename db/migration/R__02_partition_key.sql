-- leat_internal.partition_key(wanted): the partition key to store for a wanted one. Kinesis takes 256 characters at most, so a
-- longer one is replaced by its hash, here and not later: the lane must be the lane of what is sent.
--
-- wanted    any text
-- Returns:  wanted, or sha256: and 64 hexadecimal digits
-- Tables:   none
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.partition_key(wanted text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT CASE WHEN length(wanted) > 256
                    THEN 'sha256:' || encode(sha256(convert_to(wanted, 'UTF8')), 'hex')
                    ELSE wanted END
    $$;

REVOKE ALL ON FUNCTION leat_internal.partition_key(text) FROM PUBLIC;
