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
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

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
