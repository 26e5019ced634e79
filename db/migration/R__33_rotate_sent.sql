-- leat_poller.rotate_sent(keep): looks after the partitions of leat_internal.sent: makes those for now and for what comes next, and drops
-- those that hold nothing younger than they are kept.
--
-- A partition holds a UTC day; an hour when keep is under two days, for at most one partition's length more than keep is
-- kept. Rows that arrive where no partition is yet lie in sent_default and are deleted when they are older than it is kept;
-- while it holds rows of a day, that day gets no partition of its own. A partition is kept for the longest time that was asked for while it
-- was there and not yet over: to ask for less later does not shorten it, so that a poller cannot erase what another was to keep. Several
-- pollers may call this at once: one does it. What cannot be locked within 100 ms is left for the next time.
--
-- keep      how long settled events are kept, from a minute to ten years
-- Returns:  how many partitions were made or dropped
-- Tables:   leat_internal.sent and its partitions (ACCESS EXCLUSIVE on leat_internal.sent while one is dropped), leat_internal.sent_period
-- Errors:   invalid_parameter_value
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_poller.rotate_sent(keep interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    SET default_table_access_method = 'heap'
    SET "TimeZone" = 'UTC'
    SET "DateStyle" = 'ISO, YMD'
    SET default_tablespace = ''
    SET default_table_access_method = 'heap'
    AS $$
#variable_conflict use_column
DECLARE
    unit    text := CASE WHEN keep < interval '2 days' THEN 'hour' ELSE 'day' END;
    present timestamptz := date_trunc(unit, clock_timestamp());
    step    interval := CASE WHEN keep < interval '2 days' THEN interval '1 hour' ELSE interval '1 day' END;
    first   timestamptz;
    name    text;
    part    record;
    changed integer := 0;
BEGIN
    IF keep IS NULL OR keep < interval '1 minute' OR keep > interval '10 years' THEN
        RAISE EXCEPTION 'leat_poller.rotate_sent: keep is %', coalesce(keep::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how long, from a minute to ten years, such as interval ''7 days''.';
    END IF;
    IF NOT leat_internal.try_mutex('sent') THEN
        RETURN 0;
    END IF;
    FOREACH first IN ARRAY ARRAY[present, present + step] LOOP
        name := 'sent_' || to_char(first, CASE unit WHEN 'hour' THEN 'YYYYMMDD_HH24' ELSE 'YYYYMMDD' END);
        CONTINUE WHEN to_regclass('leat_internal.' || name) IS NOT NULL;
        BEGIN
            -- Attached rather than created in place: that takes no lock which stops inserts into leat_internal.sent.
            EXECUTE format('CREATE TABLE leat_internal.%I (LIKE leat_internal.sent INCLUDING DEFAULTS)', name);
            EXECUTE format('ALTER TABLE leat_internal.%I REPLICA IDENTITY FULL', name);
            EXECUTE format('ALTER TABLE leat_internal.sent ATTACH PARTITION leat_internal.%I FOR VALUES FROM (%L) TO (%L)', name,
                           first, first + step);
            PERFORM leat_internal.keep_rights(to_regclass('leat_internal.' || name));
            INSERT INTO leat_internal.sent_period (partition, keep) VALUES (name, keep)
            ON CONFLICT (partition) DO UPDATE SET keep = excluded.keep;
            changed := changed + 1;
        EXCEPTION
            WHEN invalid_object_definition THEN NULL;  -- a day's partition covers this hour, or the other way round
            WHEN check_violation THEN NULL;            -- the default partition has rows of it
            WHEN lock_not_available OR deadlock_detected THEN NULL;
        END;
    END LOOP;
    FOR part IN
        SELECT c.oid::regclass AS relation, c.relname,
               (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO [(]''([^'']+)''[)]'))[1]::timestamptz AS ends,
               coalesce(p.keep, rotate_sent.keep) AS kept
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          LEFT JOIN leat_internal.sent_period p ON p.partition = c.relname
         WHERE i.inhparent = 'leat_internal.sent'::regclass
    LOOP
        IF (part.ends IS NULL OR part.ends > clock_timestamp()) AND rotate_sent.keep > part.kept THEN
            UPDATE leat_internal.sent_period p SET keep = rotate_sent.keep WHERE p.partition = part.relname;
        END IF;
        CONTINUE WHEN part.ends IS NULL OR part.ends > clock_timestamp() - part.kept;
        BEGIN
            EXECUTE format('DROP TABLE %s', part.relation);
            DELETE FROM leat_internal.sent_period p WHERE p.partition = part.relname;
            changed := changed + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            NULL;
        END;
    END LOOP;
    DELETE FROM leat_internal.sent_default
     WHERE sent_at < clock_timestamp() - (SELECT p.keep FROM leat_internal.sent_period p WHERE p.partition = 'sent_default');
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat_poller.rotate_sent(interval) FROM PUBLIC;
