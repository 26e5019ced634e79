-- leat_internal.quarantine_event(who, id): locks the lane of an event in quarantine and returns its row, for leat.retry and
-- leat.discard.
-- leat_internal.release_waiting(partition_key): lets the waiting events of a key go on that have no quarantined one before them.
--
-- who       the function that asks, for the message
-- Returns:  the row; how many events were released
-- Tables:   locks leat_internal.lane (FOR UPDATE), reads and updates leat_internal.quarantine
-- Errors:   no_data_found, object_not_in_prerequisite_state
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.quarantine_event(who text, id bigint) RETURNS leat_internal.quarantine
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    event leat_internal.quarantine;
    first bigint;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        -- A snapshot older than the lane's lock misses what a claim has just set aside: it would wait for ever.
        RAISE EXCEPTION '%: it can only be called in a READ COMMITTED transaction', who
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, and call it again.';
    END IF;
    SELECT q.* INTO event FROM leat_internal.quarantine q WHERE q.id = quarantine_event.id;
    IF FOUND THEN
        PERFORM FROM leat_internal.lane l WHERE l.lane = event.lane FOR UPDATE;
        SELECT q.* INTO event FROM leat_internal.quarantine q WHERE q.id = quarantine_event.id FOR UPDATE;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: event % is not in quarantine', who, coalesce(quarantine_event.id::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = '`leat quarantine list` shows what is.';
    END IF;
    SELECT min(q.id) INTO first FROM leat_internal.quarantine q
     WHERE q.lane = event.lane AND q.partition_key = event.partition_key AND q.id < event.id AND q.state = 'quarantined';
    IF event.state = 'waiting' THEN
        RAISE EXCEPTION '%: event % waits behind event %', who, event.id, coalesce(first::text, 'an earlier one')
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Decide about that one: this one follows by itself.';
    END IF;
    IF event.state <> 'quarantined' THEN
        RAISE EXCEPTION '%: event % is in state %, decided at % by %', who, event.id, event.state, event.decided_at,
                event.decided_by
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only a quarantined event can be decided about.';
    END IF;
    IF first IS NOT NULL AND NOT event.may_pass THEN
        RAISE EXCEPTION '%: event % of the same key comes before event %', who, first, event.id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Decide about that one first.';
    END IF;
    RETURN event;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.release_waiting(partition_key text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    released integer;
BEGIN
    UPDATE leat_internal.quarantine q SET state = 'retry', decided_at = clock_timestamp(), decided_by = session_user
     WHERE q.partition_key = release_waiting.partition_key AND q.state = 'waiting'
       AND NOT EXISTS (SELECT FROM leat_internal.quarantine e
                        WHERE e.partition_key = q.partition_key AND e.id < q.id AND e.state = 'quarantined');
    GET DIAGNOSTICS released = ROW_COUNT;
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.quarantine_event(text, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.release_waiting(text) FROM PUBLIC;
