-- leat_poller.mark(history, drawn): notes how far ids were drawn in the current history. After a failover it says which ids are
-- certainly of the history before: it reaches a replica after them.
--
-- history   the one that the caller knows as the current one; of another nothing is noted
-- drawn     an id that was drawn in it; of one above the last that was drawn nothing is noted
-- Returns:  whether it was noted; not when it is no news, or another session is just noting something
-- Tables:   updates leat_internal.history
-- Errors:   none of its own
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_poller.mark(history integer, drawn bigint) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
    WITH noted AS (
        UPDATE leat_internal.history SET mark = mark.drawn, marked_at = clock_timestamp()
         WHERE history = (SELECT h.history FROM leat_internal.history h
                           WHERE h.history = mark.history AND h.moved_to IS NULL AND h.mark < mark.drawn
                             AND mark.drawn <= pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass)
                             FOR UPDATE SKIP LOCKED)
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM noted)
$$;

REVOKE ALL ON FUNCTION leat_poller.mark(integer, bigint) FROM PUBLIC;
