-- Ids after lost commits, and rows that Leat's tables require.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.timeline(): identifies the history of the database: the system identifier, and the timeline on which WAL is written. A
-- promotion and a recovery to a point in time begin a new timeline; a restored dump has another system identifier.
--
-- Returns:  such as 7571862054139891712/00000002; null if the server does not tell it, as some services do not
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
    -- Some releases read the control file without its lock, and fail while it is being written.
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

-- leat_poller.check_history(seen): begins a new history, whose ids are above all published ids, if commits may have been lost and with them ids that
-- consumers know. Pollers call it before they first claim from a server.
-- leat.move_past_gap(force): the same on demand, for a restore that cannot be detected (docs/operations.md).
-- leat_internal.move_past_gap(seen, force): what both do.
-- leat_internal.lock_lanes(who, lanes): locks the rows of these lanes in order, and waits at most lock_timeout for all of them together; then the
-- error names the sessions that hold them. The caller must reset lock_timeout.
--
-- Commits may have been lost if the timeline is not that of the history, or if the sequence is below an id that was drawn before. Then ids above the
-- history's mark are doubtful: another event may have been published with the same id. When the lane is claimed next, leat_poller.renumber gives such
-- events ids above every published id, in the same order. New ids are above these.
-- The new ids are taken from the clock, in microseconds since 2020: two restores of one backup do not know of each other, and the ids of the later
-- one must be above those of the earlier one. No outbox draws a million ids a second.
--
-- seen      the highest id known to have been published; the sequence must not be below it. An id far above both the clock and the last drawn id is
--           refused, so that a poller cannot exhaust the sequence
-- force     true: the caller knows that commits were lost
-- Returns:  whether a new history has begun
-- Tables:   locks leat_internal.lane (FOR UPDATE: waits for claims in progress), leat_internal.history (SHARE ROW EXCLUSIVE); updates
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
            -- Lock the lanes first, as claims do. Check again, because another poller may have begun a new history meanwhile.
            PERFORM leat_internal.lock_lanes('leat.move_past_gap', ARRAY(SELECT l.lane FROM leat_internal.lane l));
            LOCK TABLE leat_internal.history IN SHARE ROW EXCLUSIVE MODE;
        END IF;
        -- Read the sequence last: every mark was drawn before.
        SELECT h.* INTO STRICT old FROM leat_internal.history h WHERE h.moved_to IS NULL;
        SELECT max(l.low) INTO STRICT low FROM leat_internal.lane l;
        drawn := coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), start - 1);
        IF seen > greatest(drawn, clock) + 1000000000 THEN
            RAISE EXCEPTION 'leat_poller.check_history: no event can have been published under the id %', seen
                USING ERRCODE = 'invalid_parameter_value', HINT = format('The highest id drawn is %s.', drawn);
        END IF;
        -- On a poller's word alone, a history may begin at most once a minute, so that nobody can fill the table by inventing ids.
        IF NOT force AND coalesce(present = old.timeline, present IS NULL) AND drawn >= greatest(old.mark, low)
           AND old.history > 1 AND old.began_at > clock_timestamp() - interval '1 minute' THEN
            RETURN false;
        END IF;
        -- An unknown timeline proves nothing; if it was unknown before and is known now, this is another server.
        IF NOT force AND coalesce(present = old.timeline, present IS NULL) AND drawn >= greatest(seen, old.mark, low) THEN
            RETURN false;
        END IF;
    END LOOP;

    highest := greatest(drawn, seen, old.mark, low);
    IF drawn < greatest(old.mark, low) THEN
        -- The sequence was set back manually, at an unknown time: every id is doubtful.
        old.mark := 0;
        highest := greatest(highest, (SELECT max(q.id) FROM leat_internal.quarantine q),
                            (SELECT max(o.id) FROM leat_internal.lane l
                              CROSS JOIN LATERAL (SELECT max(o.id) AS id FROM leat_internal.outbox o WHERE o.lane = l.lane) AS o));
        UPDATE leat_internal.lane SET low = 0 WHERE low > 0;
    END IF;
    -- No id is below the start of the sequence, unless it was set to less; doubtful ids are moved no farther than necessary.
    IF drawn >= start - 1 THEN
        old.mark := greatest(old.mark, start - 1);
    END IF;
    -- The clock is too low only if it is wrong, or if a billion ids were lost.
    target := greatest(clock, highest + 1000000000);
    -- Above every id that leat_poller.renumber may assign. A rollback does not undo it, which does no harm: only the first setval raises it, and the
    -- next call finds the same mark. A million leaves room for ids that are drawn between the query above and this statement.
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

-- leat_poller.renumber(lanes, most): gives doubtful events of these lanes the ids that leat_poller.move_past_gap has reserved for them.
--
-- An id is doubtful if it is above the mark of a history that has ended and not above its moved_to. The same doubtful id always gets the same new id,
-- and the order is kept. Some events appear late: a transaction, perhaps a prepared one, drew the id before the sequence was moved, and commits
-- afterwards.
--
-- lanes     the lanes; their rows are locked, unless the caller's transaction has locked them already
-- most      how many events of the outbox to renumber at most
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
    -- What is replayed must keep its id, and under a doubtful one another event may have been published.
    DELETE FROM leat_internal.quarantine q
     WHERE q.lane = ANY (renumber.lanes) AND q.replay IS NOT NULL
       AND EXISTS (SELECT FROM leat_internal.history h WHERE q.id > h.mark AND q.id <= h.moved_to);
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
                             before, after, context, db_user, application, stream, format, fault)
    OVERRIDING SYSTEM VALUE
    SELECT new_id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name, type, partition_key, key,
           before, after, context, db_user, application, stream, format, fault
      FROM gone;
    GET DIAGNOSTICS renumbered = ROW_COUNT;
    RETURN renumbered;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.renumber(smallint[], integer) FROM PUBLIC;

-- leat_poller.note_drawn(history, drawn): stores how far ids were drawn in the current history. After a failover this mark tells which ids certainly
-- belong to the previous history, because it reaches a replica after them.
--
-- history   the history that the caller takes for the current one; for another one nothing is stored
-- drawn     an id that was drawn in it; an id above the last one drawn is not stored
-- Returns:  whether it was stored; false if it is not new, or if another session is storing one
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

-- The initial rows of Leat's tables, which Leat requires: the lanes, a history, the mutexes, the period of leat_internal.sent_default. They are
-- missing after TRUNCATE of all tables, as in test suites, and in a database that was created from a dump without data.
--
-- leat_internal.missing_rows(): the missing ones, as text.
-- leat_internal.put_rows(): inserts the missing ones.
-- leat_poller.put_rows(): the same for pollers; returns a sentence about it, or null if none was missing.
--
-- The ids of the former history are no longer known. So the new history begins above all ids that can have been drawn, as after a restore
-- (leat_internal.move_past_gap). Events in the outbox get new ids too, because their ids may be used a second time. The number of the new history is
-- taken from the clock, so that no poller mistakes it for the former one.
--
-- Returns:  put_rows: the missing ones; an empty array if there are none
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
                  FROM unnest(ARRAY['attachments', 'counters', 'sent']) AS w (name)
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
    -- Only one session runs this at a time. It does not wait for readers or for holders of row locks.
    LOCK TABLE leat_internal.mutex IN SHARE ROW EXCLUSIVE MODE;
    missing := leat_internal.missing_rows();
    INSERT INTO leat_internal.mutex (name) VALUES ('attachments'), ('counters'), ('sent') ON CONFLICT DO NOTHING;
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
