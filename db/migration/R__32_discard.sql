-- leat.discard(id): a quarantined event is given up; the events of its key that waited behind it are sent. It stays in
-- leat_internal.quarantine as a trace, with the time and who decided.
--
-- id        the event
-- Returns:  how many events were released
-- Tables:   locks leat_internal.lane, updates leat_internal.quarantine
-- Errors:   no_data_found for an event that is not in quarantine; object_not_in_prerequisite_state for one that waits,
--           is being retried or was discarded, and outside of READ COMMITTED
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat.discard(id bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    event    record;
    released integer;
BEGIN
    SELECT e.* INTO event FROM leat_internal.quarantine_event('leat.discard', discard.id) AS e;
    UPDATE leat_internal.quarantine q SET state = 'discarded', decided_at = clock_timestamp(), decided_by = session_user
     WHERE q.id = discard.id;
    released := leat_internal.release_waiting(event.partition_key);
    PERFORM nextval('leat_internal.outbox_id_seq');
    RETURN released;
END
$$;

REVOKE ALL ON FUNCTION leat.discard(bigint) FROM PUBLIC;
