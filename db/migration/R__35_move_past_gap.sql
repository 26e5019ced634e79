-- leat.move_past_gap(seen, force): if commits may have been lost, and with them ids that consumers know, begins a new history
-- whose ids lie above all that were ever published. Pollers call it before they first claim from a server; by hand it is for
-- a restore that leaves no trace (docs/operations.md).
--
-- That is so when the timeline is not the history's, or the sequence stands below an id that was drawn before. Ids above the
-- history's mark are then doubtful: an event may bear one that another event was published under. leat.renumber gives such
-- events, when their lane is next claimed, ids above every one that was published, in the same order; new ids lie above those.
-- The new ids are taken from the clock, in microseconds since 2020: two restores of one backup know nothing of each other, and
-- the later must come out above the earlier. No outbox draws a million ids a second.
--
-- seen      the highest id known to have been published; the sequence must not stand below it
-- force     true: the caller knows that commits were lost
-- Returns:  whether a new history has begun
-- Tables:   locks leat.lane (FOR UPDATE: waits for claims under way), leat.history (SHARE ROW EXCLUSIVE); updates leat.history
--           and, where the sequence was set back by hand, leat.lane (low)
-- Errors:   object_not_in_prerequisite_state outside of READ COMMITTED; read_only_sql_transaction on a standby;
--           lock_not_available
CREATE OR REPLACE FUNCTION leat.move_past_gap(seen bigint DEFAULT 0, force boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '30s'
    AS $$
#variable_conflict use_column
DECLARE
    present text := leat.timeline();
    old     leat.history;
    low     bigint;
    drawn   bigint;
    target  bigint;
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'leat.move_past_gap: it can only be called in a READ COMMITTED transaction'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED, and call it again.';
    END IF;
    FOR look IN 1..2 LOOP
        IF look = 2 THEN
            -- Lanes first, as claims do. Another poller may have moved meanwhile, hence the second look.
            PERFORM FROM leat.lane l ORDER BY l.lane FOR UPDATE;
            LOCK TABLE leat.history IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        -- The sequence last: what was marked was drawn before.
        SELECT h.* INTO STRICT old FROM leat.history h WHERE h.moved_to IS NULL;
        SELECT max(l.low) INTO STRICT low FROM leat.lane l;
        drawn := coalesce(pg_sequence_last_value('leat.outbox_id_seq'::regclass), 0);
        -- Where the timeline is not known, nothing follows from it; where it was not known before, this is another server.
        IF NOT force AND coalesce(present = old.timeline, present IS NULL) AND drawn >= greatest(seen, old.mark, low) THEN
            RETURN false;
        END IF;
    END LOOP;

    IF drawn < greatest(old.mark, low) THEN
        -- Set back by hand, and since when is not known: every id is doubtful.
        old.mark := 0;
        UPDATE leat.lane SET low = 0 WHERE low > 0;
    END IF;
    -- A billion ids would have to be lost for the clock not to be enough, or the clock be wrong.
    target := greatest(((extract(epoch FROM clock_timestamp()) - 1577836800) * 1000000)::bigint,
                       greatest(drawn, seen) + 1000000000);
    -- Not undone by a rollback, which does no harm: only the first setval goes up, and the next call finds the same mark. A
    -- million is room for who draws an id between the look above and here.
    drawn := setval('leat.outbox_id_seq', target + (drawn - old.mark) + 1000000);
    UPDATE leat.history SET mark = old.mark, moved_to = target, ended_at = clock_timestamp()
     WHERE history = old.history;
    INSERT INTO leat.history (history, timeline, mark, marked_at)
    VALUES (old.history + 1, coalesce(present, old.timeline), drawn, clock_timestamp());
    RETURN true;
END
$$;

REVOKE ALL ON FUNCTION leat.move_past_gap(bigint, boolean) FROM PUBLIC;
