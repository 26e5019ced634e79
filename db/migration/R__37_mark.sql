-- leat.mark(history, drawn): notes how far ids were drawn in the current history. After a failover it says which ids are
-- certainly of the history before: it reaches a replica after them.
--
-- history   the one that the caller knows as the current one; of another nothing is noted
-- drawn     an id that was drawn in it
-- Returns:  whether it was noted; not when it is no news, or another session is just noting something
-- Tables:   updates leat.history
-- Errors:   none of its own
CREATE OR REPLACE FUNCTION leat.mark(history integer, drawn bigint) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
    WITH noted AS (
        UPDATE leat.history SET mark = mark.drawn, marked_at = clock_timestamp()
         WHERE history = (SELECT h.history FROM leat.history h
                           WHERE h.history = mark.history AND h.moved_to IS NULL AND h.mark < mark.drawn
                             FOR UPDATE SKIP LOCKED)
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM noted)
$$;

REVOKE ALL ON FUNCTION leat.mark(integer, bigint) FROM PUBLIC;
