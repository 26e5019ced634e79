-- leat_internal.take_mutex(name, who): from here to the end of the transaction this session alone does what the mutex stands for. Waits for
-- as long as the caller's lock_timeout says, or five seconds where there is none.
-- leat_internal.try_mutex(name): the same without waiting.
--
-- A row lock on one of Leat's own tables: nobody without rights on it can hold it, as anybody who can connect can an advisory lock.
--
-- name      a row of leat_internal.mutex
-- who       the function that asks, for the message
-- Returns:  try_mutex: whether it was free
-- Tables:   leat_internal.mutex (FOR UPDATE), pg_locks
-- Errors:   take_mutex: lock_not_available, saying who holds it
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.take_mutex(name text, who text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    patience interval := CASE current_setting('lock_timeout') WHEN '0' THEN '5 seconds' ELSE current_setting('lock_timeout') END;
    ends     timestamptz := clock_timestamp() + patience;
    users    text;
BEGIN
    -- Not by waiting for the lock in a block that catches the error: it would be held by a subtransaction, and whose that is nobody could say.
    LOOP
        IF leat_internal.try_mutex(take_mutex.name) THEN
            RETURN;
        END IF;
        EXIT WHEN clock_timestamp() >= ends;
        PERFORM pg_sleep(0.05);
    END LOOP;
    SELECT string_agg(DISTINCT coalesce(format('session %s of %I', l.pid, a.usename), 'a prepared transaction'), ', ') INTO users
      FROM leat_internal.mutex m
      JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = m.xmax
      LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE m.name = take_mutex.name;
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
    RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.take_mutex(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.try_mutex(text) FROM PUBLIC;
