-- leat_internal.order_risks(relation): what in a table can make the order of ids differ from the order of its changes, or keeps
-- changes from being captured.
--
-- relation  a table
-- Returns:  sentences for a person; none when all is well
-- Tables:   pg_trigger, pg_proc, pg_inherits, pg_class, pg_constraint
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

CREATE OR REPLACE FUNCTION leat_internal.order_risks(relation regclass) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT coalesce(array_agg(risk ORDER BY risk), '{}') FROM (
            SELECT DISTINCT format(
                       'the AFTER ROW trigger %I may change other rows of this table while a statement is still being'
                       ' captured, and its changes would come before older ones; unless it never does, make it a'
                       ' CONSTRAINT TRIGGER that is INITIALLY DEFERRED', t.tgname) AS risk
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE t.tgrelid IN (SELECT order_risks.relation UNION SELECT r.relid FROM leat_internal.partitions(order_risks.relation) r)
               AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0 AND NOT t.tginitdeferred
               AND p.pronamespace <> 'leat_internal'::regnamespace
               AND t.tgenabled <> 'D'
            UNION
            SELECT DISTINCT format('the trigger %I sorts before !leat_capture, so what it changes is captured before the'
                                   ' change that caused it; rename it', t.tgname)
              FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE t.tgrelid = order_risks.relation AND NOT t.tgisinternal AND t.tgtype & 1 = 1 AND t.tgtype & 66 = 0
               AND NOT t.tginitdeferred AND p.pronamespace <> 'leat_internal'::regnamespace AND t.tgname < '!leat_capture'
            UNION
            SELECT format('%s inherits from this table (INHERITS); its rows are not captured: attach it by itself',
                          i.inhrelid::regclass)
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = order_risks.relation AND NOT c.relispartition
            UNION
            SELECT format('the primary key %I is DEFERRABLE: two transactions may hold one key at a time, and the order'
                          ' within it is not certain', con.conname)
              FROM pg_constraint con
             WHERE con.conrelid = order_risks.relation AND con.contype = 'p' AND con.condeferrable
        ) AS risks
    $$;

REVOKE ALL ON FUNCTION leat_internal.order_risks(regclass) FROM PUBLIC;
