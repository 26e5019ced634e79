-- leat_internal.change_triggers(who, attachment): makes the triggers of an attachment what it asks for, without a queue behind it.
--
-- Whoever waits for a table's lock makes all others wait behind it. So each lock is waited for 100 ms at most; if one is not to
-- be had, those that were taken are given back, the application goes on for 400 ms, and it is tried again, for as long as the
-- caller's lock_timeout says, or five seconds where there is none.
--
-- who         the function that asks, for the message
-- attachment  leat_internal.attachment.attachment
-- Returns:  how many statements that took; 0: nothing was to be done, and nothing was locked
-- Tables:   leat_internal.attachment, pg_locks; locks what it changes (SHARE ROW EXCLUSIVE to create a trigger, ACCESS EXCLUSIVE to drop
--           one) until the end of the transaction
-- Errors:   lock_not_available, insufficient_privilege
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.change_triggers(who text, attachment integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    at_once  CONSTANT interval := '100 milliseconds';
    between  CONSTANT interval := '400 milliseconds';
    former   text := current_setting('lock_timeout');
    patience interval := leat_internal.patience();
    ends     timestamptz := clock_timestamp() + patience;
    changed  integer;
    target   regclass;
    users    text;
BEGIN
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', (1000 * extract(epoch FROM least(at_once, patience)))::integer::text, true);
            changed := leat_internal.row_triggers(attachment) + leat_internal.truncate_triggers(attachment, true)
                       + leat_internal.enable_triggers(attachment);
            PERFORM set_config('lock_timeout', former, true);
            RETURN changed;
        EXCEPTION WHEN lock_not_available THEN
            -- All locks and the setting are as they were before this try.
            IF clock_timestamp() >= ends THEN
                SELECT a.relation INTO target FROM leat_internal.attachment a WHERE a.attachment = change_triggers.attachment;
                users := leat_internal.holders(
                    ARRAY(SELECT target::oid UNION SELECT r.relid FROM leat_internal.partitions(target) r), '{}', '{}');
                RAISE EXCEPTION '%: % could not be locked for its triggers within %: it is in use by %', who, target,
                        date_trunc('second', patience + interval '0.999 seconds'), coalesce(users, 'somebody who has gone since')
                    USING ERRCODE = 'lock_not_available',
                          HINT = 'Wait for the transactions that use it to end (pg_stat_activity.xact_start), or end them,'
                                 ' and call it again. No lock was waited for longer than 0.1 s at a time.';
            END IF;
        END;
        PERFORM pg_sleep_for(least(between, greatest(ends - clock_timestamp(), '0')));
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.change_triggers(text, integer) FROM PUBLIC;
