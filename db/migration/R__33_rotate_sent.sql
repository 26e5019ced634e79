-- leat.rotate_sent(keep): looks after the partitions of leat.sent: makes those for now and for what comes next, and drops
-- those that hold nothing younger than keep.
--
-- A partition holds a UTC day; an hour when keep is under two days, for at most one partition's length more than keep is
-- kept. Rows that arrive where no partition is yet lie in leat.sent_default and are deleted when they are older than keep;
-- while it holds rows of a day, that day gets no partition of its own. Several pollers may call this at once: one does it.
-- What cannot be locked within 100 ms is left for the next time.
--
-- keep      how long settled events are kept, not negative
-- Returns:  how many partitions were made or dropped
-- Tables:   leat.sent and its partitions (ACCESS EXCLUSIVE on leat.sent while one is dropped)
-- Errors:   invalid_parameter_value
CREATE OR REPLACE FUNCTION leat.rotate_sent(keep interval) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    SET "TimeZone" = 'UTC'
    SET "DateStyle" = 'ISO, YMD'
    AS $$
DECLARE
    unit    text := CASE WHEN keep < interval '2 days' THEN 'hour' ELSE 'day' END;
    present timestamptz := date_trunc(CASE WHEN keep < interval '2 days' THEN 'hour' ELSE 'day' END, clock_timestamp());
    step    interval := CASE WHEN keep < interval '2 days' THEN interval '1 hour' ELSE interval '1 day' END;
    first   timestamptz;
    name    text;
    part    record;
    changed integer := 0;
BEGIN
    IF keep IS NULL OR keep < interval '0' THEN
        RAISE EXCEPTION 'leat.rotate_sent: keep is %', coalesce(keep::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say how long, such as interval ''7 days''.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(1818583412, 2) THEN
        RETURN 0;
    END IF;
    FOREACH first IN ARRAY ARRAY[present, present + step] LOOP
        name := 'sent_' || to_char(first, CASE unit WHEN 'hour' THEN 'YYYYMMDD_HH24' ELSE 'YYYYMMDD' END);
        CONTINUE WHEN to_regclass('leat.' || name) IS NOT NULL;
        BEGIN
            -- Attached rather than created in place: that takes no lock which stops inserts into leat.sent.
            EXECUTE format('CREATE TABLE leat.%I (LIKE leat.sent INCLUDING DEFAULTS)', name);
            EXECUTE format('ALTER TABLE leat.sent ATTACH PARTITION leat.%I FOR VALUES FROM (%L) TO (%L)', name, first,
                           first + step);
            changed := changed + 1;
        EXCEPTION
            WHEN invalid_object_definition THEN NULL;  -- a day's partition covers this hour, or the other way round
            WHEN check_violation THEN NULL;            -- the default partition has rows of it
            WHEN lock_not_available OR deadlock_detected THEN NULL;
        END;
    END LOOP;
    FOR part IN
        SELECT c.oid::regclass AS relation,
               (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz AS ends
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'leat.sent'::regclass
    LOOP
        CONTINUE WHEN part.ends IS NULL OR part.ends > clock_timestamp() - keep;
        BEGIN
            EXECUTE format('DROP TABLE %s', part.relation);
            changed := changed + 1;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            NULL;
        END;
    END LOOP;
    DELETE FROM leat.sent_default WHERE sent_at < clock_timestamp() - keep;
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION leat.rotate_sent(interval) FROM PUBLIC;
