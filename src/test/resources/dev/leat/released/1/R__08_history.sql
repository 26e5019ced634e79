-- Ids after commits were lost, and rows that Leat's tables cannot do without.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.timeline(): which history of the database this is: the system identifier, and the timeline that WAL is written on. A
-- promotion and a recovery to a point in time begin a new timeline; a restored dump has another system identifier.
--
-- Returns:  such as 7571862054139891712/00000002; null where the server does not tell, as some services do not
-- Tables:   none
-- Errors:   read_only_sql_transaction on a standby, whose timeline is not decided
CREATE OR REPLACE FUNCTION leat_internal.timeline() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'leat_internal.timeline: this is a standby' USING ERRCODE = 'read_only_sql_transaction',
            HINT = 'Connect to the primary.';
    END IF;
    -- Some releases read the control file without its lock, and fail if it is just being written.
    FOR attempt IN 1..3 LOOP
        BEGIN
            RETURN (SELECT system_identifier::text FROM pg_control_system())
                   || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.timeline() FROM PUBLIC;

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
    PERFORM leat_internal.raise_own_busy(who, 'the rows of the lanes', began);
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

-- leat_poller.note_drawn(history, drawn): notes how far ids were drawn in the current history. After a failover it says which ids are
-- certainly of the history before: it reaches a replica after them.
--
-- history   the one that the caller knows as the current one; of another nothing is noted
-- drawn     an id that was drawn in it; of one above the last that was drawn nothing is noted
-- Returns:  whether it was noted; not when it is no news, or another session is just noting something
-- Tables:   updates leat_internal.history
-- Errors:   none of its own
CREATE OR REPLACE FUNCTION leat_poller.note_drawn(history integer, drawn bigint) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
    WITH noted AS (
        UPDATE leat_internal.history SET mark = note_drawn.drawn, marked_at = clock_timestamp()
         WHERE history = (SELECT h.history FROM leat_internal.history h
                           WHERE h.history = note_drawn.history AND h.moved_to IS NULL AND h.mark < note_drawn.drawn
                             AND note_drawn.drawn <= pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass)
                             FOR UPDATE SKIP LOCKED)
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM noted)
$$;

REVOKE ALL ON FUNCTION leat_poller.note_drawn(integer, bigint) FROM PUBLIC;

-- The rows that Leat's tables begin with, and cannot do without: the lanes, a history, the mutexes, the period of leat_internal.sent_default.
-- They are gone after TRUNCATE of all tables, as test suites do it, and in a database that was made from a dump without data.
--
-- leat_internal.missing_rows(): which of them are missing, in words.
-- leat_internal.put_rows(): puts in those that are missing.
-- leat_poller.put_rows(): the same, for pollers; says so in a sentence, null when all were there.
--
-- Where there was a history before, its ids are not known any more: the new one is moved above all that can have been drawn, as after a
-- restore (leat_internal.move_past_gap). What is in the outbox by then gets new ids too, for its ids may be used a second time. The number of
-- the new history is taken from the clock, so that no poller takes it for the one that is gone.
--
-- Returns:  put_rows: those that were missing; an array that is empty when all are there
-- Tables:   leat_internal.lane, history, mutex, sent_period; put_rows locks leat_internal.mutex (SHARE ROW EXCLUSIVE) and what
--           leat_internal.move_past_gap locks, but only when rows are missing
-- Errors:   put_rows: object_not_in_prerequisite_state where row security hides the rows from Leat's owner; lock_not_available
CREATE OR REPLACE FUNCTION leat_internal.missing_rows() RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(m.what ORDER BY m.place), '{}')
          FROM (SELECT 1 AS place, format('%s of the 64 rows of leat_internal.lane', 64 - count(*)) AS what
                  FROM leat_internal.lane HAVING count(*) < 64
                UNION ALL
                SELECT 2, 'the current row of leat_internal.history'
                 WHERE NOT EXISTS (SELECT FROM leat_internal.history h WHERE h.moved_to IS NULL)
                UNION ALL
                SELECT 3, format('the row %s of leat_internal.mutex', w.name)
                  FROM unnest(ARRAY['attachments', 'sent']) AS w (name)
                 WHERE NOT EXISTS (SELECT FROM leat_internal.mutex x WHERE x.name = w.name)
                UNION ALL
                SELECT 4, 'the row sent_default of leat_internal.sent_period'
                 WHERE NOT EXISTS (SELECT FROM leat_internal.sent_period p WHERE p.partition = 'sent_default')) AS m
    $$;

CREATE OR REPLACE FUNCTION leat_internal.put_rows() RETURNS text[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '30s'
    AS $$
#variable_conflict use_column
DECLARE
    hidden  text := (SELECT string_agg(t.name, ', ') FROM unnest(ARRAY['leat_internal.lane', 'leat_internal.history',
                            'leat_internal.mutex', 'leat_internal.sent_period', 'leat_internal.outbox']) AS t (name)
                      WHERE row_security_active(t.name));
    missing text[];
    newest  integer;
BEGIN
    IF hidden IS NOT NULL THEN
        RAISE EXCEPTION 'row security hides the rows of % from Leat''s owner', hidden
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, and so for each of Leat''s tables.',
                                split_part(hidden, ',', 1));
    END IF;
    IF leat_internal.missing_rows() = '{}' THEN
        RETURN '{}';
    END IF;
    -- One at a time; readers and holders of rows are not in the way.
    LOCK TABLE leat_internal.mutex IN SHARE ROW EXCLUSIVE MODE;
    missing := leat_internal.missing_rows();
    INSERT INTO leat_internal.mutex (name) VALUES ('attachments'), ('sent') ON CONFLICT DO NOTHING;
    INSERT INTO leat_internal.sent_period (partition, keep) VALUES ('sent_default', '0') ON CONFLICT DO NOTHING;
    INSERT INTO leat_internal.lane (lane) SELECT generate_series(0, 63) ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM leat_internal.history h WHERE h.moved_to IS NULL) THEN
        newest := (SELECT max(h.history) FROM leat_internal.history h);
        INSERT INTO leat_internal.history (history, timeline)
        VALUES (greatest(newest + 1, ((extract(epoch FROM clock_timestamp()) * 1000)::bigint % 1000000000)::integer),
                leat_internal.timeline());
        PERFORM leat_internal.move_past_gap(0, true);
    END IF;
    RETURN missing;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.put_rows() RETURNS text
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT 'rows that Leat rests on were gone and are back: ' || nullif(array_to_string(leat_internal.put_rows(), ', '), '')
    $$;

REVOKE ALL ON FUNCTION leat_internal.missing_rows() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.put_rows() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.put_rows() FROM PUBLIC;
