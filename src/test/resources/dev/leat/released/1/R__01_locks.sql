-- Mutexes, and the sessions that hold a lock for which another one waits.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.take_mutex(name, who): locks the mutex until the end of the transaction. Waits at most for the caller's lock_timeout, or for five
-- seconds if there is none.
-- leat_internal.try_mutex(name): the same without waiting.
-- leat_internal.patience(): how long a function may wait for all its locks together: the caller's lock_timeout, or five seconds if there is none.
-- leat_internal.wait_until(ends): sets lock_timeout so that no wait for a lock lasts beyond that time.
-- leat_internal.holders(relations, functions, transactions): the sessions that hold locks on these, as text; null: there are none.
-- leat_internal.raise_busy(who, what, since, holders): raises the error that a lock was not available since that time.
-- leat_internal.raise_own_busy(who, what, since): the same for Leat's own tables, functions and schemas.
--
-- A mutex is a row of a table of Leat's. Only roles with rights on that table can lock it, but any role that can connect can hold an advisory lock.
--
-- name      a row of leat_internal.mutex
-- who       the function that asks, for the message
-- Returns:  try_mutex: whether it was free
-- Tables:   leat_internal.mutex (FOR UPDATE), pg_locks
-- Errors:   take_mutex, busy, ours_busy: lock_not_available, saying who holds it
CREATE OR REPLACE FUNCTION leat_internal.take_mutex(name text, who text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    patience interval := leat_internal.patience();
    ends     timestamptz := clock_timestamp() + patience;
    users    text;
BEGIN
    -- This does not wait for the lock in a block that catches the error: a subtransaction would hold it, and pg_locks does not tell whose
    -- subtransaction it is.
    LOOP
        IF leat_internal.try_mutex(take_mutex.name) THEN
            RETURN;
        END IF;
        EXIT WHEN clock_timestamp() >= ends;
        PERFORM pg_sleep(0.05);
    END LOOP;
    users := leat_internal.holders('{}', '{}', ARRAY(SELECT m.xmax FROM leat_internal.mutex m WHERE m.name = take_mutex.name));
    RAISE EXCEPTION '%: another attach, detach or refresh has been under way for %: that of %', who, patience,
            coalesce(users, 'somebody who has gone since')
        USING ERRCODE = 'lock_not_available', HINT = 'Wait for its transaction to end, or end it, and call it again.';
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.try_mutex(name text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM leat_internal.mutex m WHERE m.name = try_mutex.name FOR UPDATE SKIP LOCKED;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM leat_internal.mutex m WHERE m.name = try_mutex.name) THEN
        PERFORM leat_internal.put_rows();
        PERFORM FROM leat_internal.mutex m WHERE m.name = try_mutex.name FOR UPDATE SKIP LOCKED;
    END IF;
    RETURN FOUND;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.patience() RETURNS interval
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE current_setting('lock_timeout') WHEN '0' THEN interval '5 seconds' ELSE current_setting('lock_timeout')::interval END $$;

CREATE OR REPLACE FUNCTION leat_internal.wait_until(ends timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM set_config('lock_timeout', greatest(1, ceil(1000 * extract(epoch FROM ends - clock_timestamp())))::bigint::text, true);
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.holders(relations oid[], functions oid[], transactions xid[]) RETURNS text
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT string_agg(DISTINCT coalesce(format('session %s of %I', l.pid, a.usename), 'a prepared transaction'), ', ')
          FROM pg_locks l
          LEFT JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
           AND (l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.transactionid = ANY (holders.transactions)
                OR l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                   -- A session that only reads one of Leat's tables blocks nobody.
                   AND (l.locktype IN ('relation', 'tuple') AND l.relation = ANY (holders.relations)
                        AND (l.mode <> 'AccessShareLock'
                             OR l.relation NOT IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'leat_internal'::regnamespace))
                        OR l.locktype = 'object' AND l.classid = 'pg_proc'::regclass AND l.objid = ANY (holders.functions)))
    $$;

CREATE OR REPLACE FUNCTION leat_internal.raise_busy(who text, what text, since timestamptz, holders text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION '%: % could not be had within % s: in use by %', who, what,
            round(extract(epoch FROM clock_timestamp() - since)::numeric, 1), coalesce(holders, 'somebody who has gone since')
        USING ERRCODE = 'lock_not_available', HINT = 'Wait for the transactions that use it to end (pg_stat_activity.xact_start), or end'
              ' them, and call it again.';
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.raise_own_busy(who text, what text, since timestamptz) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM leat_internal.raise_busy(who, what, since, leat_internal.holders(
        -- Only sessions whose lock others wait for: writers and pollers hold weaker locks.
        ARRAY(SELECT l.relation FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE l.granted AND n.nspname IN ('leat', 'leat_poller', 'leat_internal')
                 AND (l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
                      OR l.mode = 'RowExclusiveLock' AND c.relname IN ('stream', 'granted'))),
        ARRAY(SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname IN ('leat', 'leat_poller') OR n.nspname = 'leat_internal' AND p.proname !~ '^capture_[0-9]'),
        ARRAY(SELECT n.xmax FROM pg_namespace n WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
              UNION SELECT c.xmax FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
              UNION SELECT p.xmax FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                     WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
              UNION SELECT a.xmax FROM leat_internal.attachment a
              UNION SELECT g.xmax FROM leat_internal.granted g
              UNION SELECT s.xmax FROM leat_internal.stream s
              UNION SELECT l.xmax FROM leat_internal.lane l
              UNION SELECT h.xmax FROM leat_internal.history h)));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.take_mutex(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.try_mutex(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.patience() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.raise_busy(text, text, timestamptz, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.raise_own_busy(text, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.wait_until(timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.holders(oid[], oid[], xid[]) FROM PUBLIC;
