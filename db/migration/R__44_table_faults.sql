-- leat_poller.table_faults(): what somebody has done to Leat's own tables that Leat cannot work with, or that runs somebody's code with the
-- rights of Leat's owner; and what is missing in them. Settings that people make for all tables of a database reach Leat's too.
--
-- leat_internal.covering(relation): the publications by which updates or deletes of the table are published.
--
-- Returns:  severe: whether events may be lost, refused or not published, or somebody's code runs; fault; remedy. No row when all is well.
--           Tables with the same fault are named in one row
-- Tables:   the catalog; counts leat_internal.lane, history, mutex, sent_period, attachment, granted
-- Errors:   none
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- By pg_publication for those FOR ALL TABLES: where a partitioned table's root stands for it, the view names no partition.
CREATE OR REPLACE FUNCTION leat_internal.covering(relation regclass) RETURNS SETOF name
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT p.pubname FROM pg_publication p
         WHERE (p.pubupdate OR p.pubdelete)
           AND (p.puballtables
                OR EXISTS (SELECT FROM pg_publication_tables t
                            WHERE t.pubname = p.pubname
                              AND (t.schemaname, t.tablename) IN (
                                  SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                   WHERE c.oid = covering.relation
                                      OR c.oid IN (SELECT a.relid FROM pg_partition_ancestors(covering.relation) AS a))))
         ORDER BY p.pubname
    $$;

CREATE OR REPLACE FUNCTION leat_poller.table_faults() RETURNS TABLE (severe boolean, fault text, remedy text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH own AS (
            SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
                   c.relreplident, m.amname, n.nspname, format('%I.%I', n.nspname, c.relname) AS name,
                   pg_get_replica_identity_index(c.oid) AS identity,
                   (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid) AS primary_key,
                   ARRAY(SELECT leat_internal.covering(c.oid::regclass)) AS publications
              FROM pg_class c
              JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_am m ON m.oid = c.relam
             WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal') AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
        ), each (place, severe, name, fault, remedy) AS (
            -- %1$s: the tables; %2$s: one of them
            SELECT 1, true, o.name, 'row security is forced on %1$s: Leat''s owner sees no row of it and can add none, so events can neither'
                   ' be captured nor published', 'ALTER TABLE %2$s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY'
              FROM own o WHERE row_security_active(o.oid)
            UNION ALL
            SELECT 2, true, o.name, 'row security is on for %1$s, which Leat has not asked for', 'ALTER TABLE %2$s DISABLE ROW LEVEL SECURITY'
              FROM own o WHERE o.relrowsecurity AND NOT row_security_active(o.oid)
            UNION ALL
            SELECT 3, true, format('%I on %s', t.tgname, o.name),
                   'Leat''s tables have what Leat has not made, and it runs with the rights of Leat''s owner, in the transactions of writers and'
                   ' pollers: the trigger %1$s', 'DROP TRIGGER %2$s'
              FROM own o JOIN pg_trigger t ON t.tgrelid = o.oid
            UNION ALL
            SELECT 4, true, format('%I on %s', r.rulename, o.name),
                   'Leat''s tables have what Leat has not made, and it runs with the rights of Leat''s owner, in the transactions of writers and'
                   ' pollers: the rule %1$s', 'DROP RULE %2$s'
              FROM own o JOIN pg_rewrite r ON r.ev_class = o.oid WHERE r.rulename <> '_RETURN'
            UNION ALL
            SELECT 5, true, o.name, 'the table is unlogged: a crash of the server empties it: %1$s', 'ALTER TABLE %2$s SET LOGGED'
              FROM own o WHERE o.relpersistence <> 'p' AND o.relkind IN ('r', 'p')
            UNION ALL
            SELECT 6, true, o.name, '%1$s is not the ordinary table that Leat has made',
                   'make %2$s an ordinary table again: by db/migration/V1__outbox.sql, in an empty database'
              FROM own o
             WHERE o.nspname = 'leat_internal'
               AND (o.relkind = 'p' AND o.relname <> 'sent' OR o.relkind IN ('f', 'v', 'm')
                    OR o.relname <> 'sent' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = o.oid)
                    OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = o.oid AND i.inhparent <> 'leat_internal.sent'::regclass))
            UNION ALL
            SELECT 7, true, o.name, '%1$s has no primary key any more: claims and counts rest on it',
                   CASE o.relname WHEN 'outbox' THEN 'ALTER TABLE %2$s ADD PRIMARY KEY (lane, id)'
                                  ELSE 'give %2$s the primary key that it has in db/migration/V1__outbox.sql' END
              FROM own o
             WHERE o.nspname = 'leat_internal' AND o.relkind = 'r' AND NOT o.relispartition AND o.primary_key IS NULL
            UNION ALL
            SELECT 8, cardinality(o.publications) > 0, o.name,
                   CASE WHEN cardinality(o.publications) > 0
                        THEN format('the publication %s covers %%1$s, which has no replica identity: PostgreSQL refuses each UPDATE and DELETE'
                                    ' there, so events are published again and again',
                                    replace(array_to_string(ARRAY(SELECT quote_ident(p) FROM unnest(o.publications) AS p), ', '), '%', '%%'))
                        ELSE '%1$s has no replica identity: PostgreSQL will refuse UPDATE and DELETE as soon as a publication covers it' END,
                   'ALTER TABLE %2$s REPLICA IDENTITY ' || CASE WHEN o.primary_key IS NULL THEN 'FULL' ELSE 'DEFAULT' END
              FROM own o
             WHERE o.nspname = 'leat_internal' AND o.relkind = 'r' AND o.identity IS NULL AND o.relreplident <> 'f'
            UNION ALL
            SELECT 9, true, o.name,
                   format('the publication %s has a list of columns or a condition for %%1$s that its replica identity does not cover: PostgreSQL'
                          ' refuses each UPDATE and DELETE there', replace(quote_ident(t.pubname), '%', '%%')),
                   format('ALTER PUBLICATION %s DROP TABLE %%2$s', replace(quote_ident(t.pubname), '%', '%%'))
              FROM own o
              JOIN pg_publication_tables t ON t.schemaname = o.nspname AND t.tablename = o.relname AND t.pubname = ANY (o.publications)
             -- By name: before PostgreSQL 15 the view has neither.
             WHERE to_jsonb(t) ->> 'rowfilter' IS NOT NULL
                OR EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = coalesce(o.identity::oid, o.oid) AND a.attnum > 0 AND NOT a.attisdropped
                              AND NOT to_jsonb(t) -> 'attnames' ? a.attname::text)
            UNION ALL
            SELECT 10, false, o.name, format('%%1$s is stored by the access method %s, and Leat is made for heap', o.amname),
                   'ALTER TABLE %2$s SET ACCESS METHOD heap (since PostgreSQL 15)'
              FROM own o WHERE o.amname <> 'heap' AND o.relname <> 'flyway_schema_history'
            UNION ALL
            SELECT 11, true, m.what, 'rows that Leat rests on are missing: %1$s',
                   'start a poller (leat run), or run `leat migrate`: both put them back, and go on with new ids above all that were drawn'
              FROM unnest(leat_internal.missing_rows()) AS m (what)
             WHERE NOT EXISTS (SELECT FROM own o WHERE row_security_active(o.oid))
            UNION ALL
            SELECT 12, true, o.relation::regclass::text,
                   'triggers of Leat''s are on %1$s, and Leat''s row for it is gone: it is captured as it was attached, and not at all, or in'
                   ' quarantine, once its shape has changed', 'attach it again, as it was: leat attach --file, or SELECT leat.attach(%2$L)'
              FROM leat_internal.orphans() AS o
             WHERE o.relation IS NOT NULL AND NOT EXISTS (SELECT FROM leat_internal.attachment a WHERE a.relation = o.relation)
        )
        SELECT e.severe,
               format(e.fault, array_to_string((array_agg(e.name ORDER BY e.name))[1:5], ', ')
                               || CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END, min(e.name)),
               CASE WHEN count(*) > 1 AND e.remedy LIKE '%2$s%' THEN 'for each: ' ELSE '' END
               || format(e.remedy, '', min(e.name))
          FROM each e
         GROUP BY e.place, e.severe, e.fault, e.remedy
         ORDER BY e.place, e.fault
    $$;

REVOKE ALL ON FUNCTION leat_internal.covering(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.table_faults() FROM PUBLIC;
