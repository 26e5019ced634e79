-- leat_poller.renumber(lanes, most): gives doubtful events of these lanes the ids that leat_poller.move_past_gap has set apart for them.
--
-- An id is doubtful if it lies above the mark of a history that has ended, and not above where that one was moved to. The same
-- doubtful id gets the same new one whenever this runs, and order is kept. Some come late: a transaction, perhaps a prepared
-- one, drew the id before the sequence was moved, and commits afterwards.
--
-- lanes     whose rows the caller's transaction has locked, as a claim does; they are locked if not
-- most      how many events of the outbox, at most
-- Returns:  how many events of the outbox were given new ids
-- Tables:   locks leat_internal.lane (FOR UPDATE), reads leat_internal.history, deletes from and inserts into leat_internal.outbox, updates leat_internal.quarantine
-- Errors:   lock_not_available after five seconds, saying who holds the lanes
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_poller.renumber(lanes smallint[], most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
    AS $$
#variable_conflict use_column
DECLARE
    renumbered integer;
BEGIN
    PERFORM leat_internal.lock_lanes('leat_poller.renumber', renumber.lanes);
    UPDATE leat_internal.quarantine q
       SET id = q.id + (SELECT h.moved_to - h.mark FROM leat_internal.history h WHERE q.id > h.mark AND q.id <= h.moved_to
                         ORDER BY h.history DESC LIMIT 1)
     WHERE q.lane = ANY (renumber.lanes)
       AND EXISTS (SELECT FROM leat_internal.history h WHERE q.id > h.mark AND q.id <= h.moved_to);
    WITH doubtful AS (
        SELECT o.lane, o.id, o.id + shift.by AS new_id
          FROM leat_internal.outbox o
         CROSS JOIN LATERAL (SELECT h.moved_to - h.mark AS by FROM leat_internal.history h
                              WHERE o.id > h.mark AND o.id <= h.moved_to
                              ORDER BY h.history DESC LIMIT 1) AS shift
         WHERE o.lane = ANY (renumber.lanes)
           AND o.id > (SELECT min(h.mark) FROM leat_internal.history h)
           AND o.id <= (SELECT max(h.moved_to) FROM leat_internal.history h)
         LIMIT renumber.most
    ), gone AS (
        DELETE FROM leat_internal.outbox o USING doubtful d WHERE o.lane = d.lane AND o.id = d.id
        RETURNING d.new_id, o.*
    )
    INSERT INTO leat_internal.outbox (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type, partition_key, key,
                             before, after, context, db_user, application, stream, fault)
    OVERRIDING SYSTEM VALUE
    SELECT new_id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type, partition_key, key,
           before, after, context, db_user, application, stream, fault
      FROM gone;
    GET DIAGNOSTICS renumbered = ROW_COUNT;
    RETURN renumbered;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.renumber(smallint[], integer) FROM PUBLIC;
