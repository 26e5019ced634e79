-- leat_poller.check_history(seen): if commits may have been lost, and with them ids that consumers know, begins a new history whose ids lie
-- above all that were ever published. Pollers call it before they first claim from a server.
-- leat.move_past_gap(force): the same by hand, for a restore that leaves no trace (docs/operations.md).
-- leat_internal.move_past_gap(seen, force): what both do.
-- leat_internal.lock_lanes(who, lanes): locks the rows of these lanes, in their order, and waits for all together as lock_timeout says; then it
-- says who holds them. Leaves lock_timeout to its caller, who sets it back.
--
-- Commits may have been lost when the timeline is not the history's, or the sequence stands below an id that was drawn before. Ids above the
-- history's mark are then doubtful: an event may bear one that another event was published under. leat_poller.renumber gives such
-- events, when their lane is next claimed, ids above every one that was published, in the same order; new ids lie above those.
-- The new ids are taken from the clock, in microseconds since 2020: two restores of one backup know nothing of each other, and
-- the later must come out above the earlier. No outbox draws a million ids a second.
--
-- seen      the highest id known to have been published; the sequence must not stand below it. No id can lie far above both the clock and what
--           was drawn, so a poller cannot use the sequence up by inventing one
-- force     true: the caller knows that commits were lost
-- Returns:  whether a new history has begun
-- Tables:   locks leat_internal.lane (FOR UPDATE: waits for claims under way), leat_internal.history (SHARE ROW EXCLUSIVE); updates
--           leat_internal.history and, where the sequence was set back by hand, leat_internal.lane (low)
-- Errors:   object_not_in_prerequisite_state outside of READ COMMITTED; read_only_sql_transaction on a standby;
--           lock_not_available; invalid_parameter_value for an id that cannot have been published
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.move_past_gap(seen bigint, force boolean) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '30s'
    AS $$
#variable_conflict use_column
DECLARE
    present text := leat_internal.timeline();
    clock   bigint := ((extract(epoch FROM clock_timestamp()) - 1577836800) * 1000000)::bigint;
    old     leat_internal.history;
    low     bigint;
    drawn   bigint;
    start   bigint := (SELECT s.seqstart FROM pg_sequence s WHERE s.seqrelid = 'leat_internal.outbox_id_seq'::regclass);
    highest bigint;
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
            PERFORM leat_internal.lock_lanes('leat.move_past_gap', ARRAY(SELECT l.lane FROM leat_internal.lane l));
            LOCK TABLE leat_internal.history IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        -- The sequence last: what was marked was drawn before.
        SELECT h.* INTO STRICT old FROM leat_internal.history h WHERE h.moved_to IS NULL;
        SELECT max(l.low) INTO STRICT low FROM leat_internal.lane l;
        drawn := coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), start - 1);
        IF seen > greatest(drawn, clock) + 1000000000 THEN
            RAISE EXCEPTION 'leat_poller.check_history: no event can have been published under the id %', seen
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The highest id drawn is %s.', drawn);
        END IF;
        -- For what a poller says alone, a history may begin once a minute: nobody can fill the table by inventing ids.
        IF NOT force AND coalesce(present = old.timeline, present IS NULL) AND drawn >= greatest(old.mark, low)
           AND old.history > 1 AND old.began_at > clock_timestamp() - interval '1 minute' THEN
            RETURN false;
        END IF;
        -- Where the timeline is not known, nothing follows from it; where it was not known before, this is another server.
        IF NOT force AND coalesce(present = old.timeline, present IS NULL) AND drawn >= greatest(seen, old.mark, low) THEN
            RETURN false;
        END IF;
    END LOOP;

    highest := greatest(drawn, seen, old.mark, low);
    IF drawn < greatest(old.mark, low) THEN
        -- Set back by hand, and since when is not known: every id is doubtful.
        old.mark := 0;
        highest := greatest(highest, (SELECT max(q.id) FROM leat_internal.quarantine q),
                            (SELECT max(o.id) FROM leat_internal.lane l
                              CROSS JOIN LATERAL (SELECT max(o.id) AS id FROM leat_internal.outbox o WHERE o.lane = l.lane) AS o));
        UPDATE leat_internal.lane SET low = 0 WHERE low > 0;
    END IF;
    -- Nor is there an id below the sequence's start, unless it was set back to below; the doubtful ones move no farther than they must.
    IF drawn >= start - 1 THEN
        old.mark := greatest(old.mark, start - 1);
    END IF;
    -- A billion ids would have to be lost for the clock not to be enough, or the clock be wrong.
    target := greatest(clock, highest + 1000000000);
    -- Above every id that leat_poller.renumber may give. Not undone by a rollback, which does no harm: only the first setval
    -- goes up, and the next call finds the same mark. A million is room for who draws an id between the look above and here.
    drawn := setval('leat_internal.outbox_id_seq', target + (highest - old.mark) + 1000000);
    UPDATE leat_internal.history SET mark = old.mark, moved_to = target, ended_at = clock_timestamp()
     WHERE history = old.history;
    INSERT INTO leat_internal.history (history, timeline, mark, marked_at)
    VALUES (old.history + 1, coalesce(present, old.timeline), drawn, clock_timestamp());
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.lock_lanes(who text, lanes smallint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    began timestamptz := clock_timestamp();
    ends  timestamptz := began + leat_internal.patience();
BEGIN
    FOR place IN 0..63 LOOP
        CONTINUE WHEN place <> ALL (lanes);
        PERFORM leat_internal.wait_until(ends);
        PERFORM FROM leat_internal.lane l WHERE l.lane = place FOR UPDATE;
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    PERFORM leat_internal.ours_busy(who, 'the rows of the lanes', began);
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.check_history(seen bigint) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.move_past_gap(check_history.seen, false) $$;

CREATE OR REPLACE FUNCTION leat.move_past_gap(force boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM leat_internal.put_rows();
    RETURN leat_internal.move_past_gap(0, move_past_gap.force);
END
$$;

REVOKE ALL ON FUNCTION leat_internal.move_past_gap(bigint, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.lock_lanes(text, smallint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.check_history(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.move_past_gap(boolean) FROM PUBLIC;
