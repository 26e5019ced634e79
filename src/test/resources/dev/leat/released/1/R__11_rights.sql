-- Who may do what, and which version this is. The last script of all, and it runs whenever another one has: it ends with
-- leat_internal.restore_rights(), so that a view or a function that was dropped and made anew has its grants again, in the same transaction.
-- That is why it names the others' text (MigrationScriptsTest):
-- scripts 6e4378f8a02f27d9
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat.grant_poller(role): gives an existing role what claiming, settling, upkeep, status and quarantine need, and nothing
-- else: it can neither write events nor attach tables, and holds no right on a table.
-- leat.grant_publisher(role): lets a role call leat.publish. Writers of attached tables need no right at all.
-- leat.revoke(role): takes both back.
-- leat_internal.poller_rights(), publisher_rights(): those rights, as GRANT writes them.
-- leat_internal.keep_rights(relation): takes from others what ALTER DEFAULT PRIVILEGES gave them on a relation that was made just now.
-- leat_internal.restore_rights(): takes from everybody but the owner what they hold on any of Leat's objects, and gives pollers and publishers
-- what is theirs. Every migration ends with it.
--
-- role      a role that exists; not PUBLIC, which is everybody
-- Tables:   writes leat_internal.granted; grants and revokes in the schemas leat, leat_poller and leat_internal
-- Errors:   lock_not_available after five seconds, saying who changes Leat's objects meanwhile; undefined_object for a role that does not
--           exist; invalid_parameter_value; insufficient_privilege when the caller does not
--           own the schemas
CREATE OR REPLACE FUNCTION leat_internal.poller_rights() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY[
            'USAGE ON SCHEMA leat, leat_poller',
            'SELECT ON TABLE leat_poller.outbox, leat_poller.lane, leat_poller.history, leat_poller.poller, leat_poller.counter,'
            ' leat_poller.shard_use, leat_poller.quarantine, leat_poller.attachment, leat_poller.stream, leat_poller.load, leat_poller.replay',
            'EXECUTE ON FUNCTION leat.attached(), leat.foreign_rights(), leat.refresh(), leat.retry(bigint), leat.discard(bigint), leat.schema_version(), leat.oldest_poller(),'
            ' leat_poller.drawn(), leat_poller.writers(), leat_poller.lock_lanes(bigint, integer, integer, bigint[]),'
            ' leat_poller.blocked_keys(smallint[]),'
            ' leat_poller.small_events(bigint, smallint[], integer[], bigint[], bigint, text, text[]),'
            ' leat_poller.released_events(bigint, bigint, bigint, bigint, smallint[], integer[], text, text[]),'
            ' leat_poller.outbox_events(bigint, bigint, bigint, bigint, smallint[], integer[], bigint[], bigint, text, text[]),'
            ' leat_poller.note_lows(smallint[], bigint[]),'
            ' leat_poller.settle(boolean, smallint[], integer[], bigint[], bigint[], text[], text[], text[], integer[]),'
            ' leat_poller.set_aside(smallint[], bigint[], text[], text[], boolean[]),'
            ' leat_poller.check_history(bigint), leat_poller.renumber(smallint[], integer), leat_poller.note_drawn(integer, bigint),'
            ' leat_poller.heartbeat(uuid, text, bigint, text), leat_poller.deregister(uuid),'
            ' leat_poller.sum_counters(),'
            ' leat_poller.note_shards(uuid, double precision, text[], text[], bigint[], bigint[], bigint[]),'
            ' leat_poller.refresh(), leat_poller.rotate_sent(interval), leat_poller.put_rows(),'
            ' leat_poller.table_faults(), leat_poller.backlog(integer), leat_poller.load_chunk(integer), leat_poller.replay_chunk()']
    $$;

CREATE OR REPLACE FUNCTION leat_internal.publisher_rights() RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
    AS $$
        SELECT ARRAY['USAGE ON SCHEMA leat', 'EXECUTE ON FUNCTION leat.publish(text, text, json, text, text)',
                     'EXECUTE ON FUNCTION leat.publish(text, text, jsonb, text, text)',
                     'EXECUTE ON FUNCTION leat.publish(text, text, text, text, text)']
    $$;

CREATE OR REPLACE FUNCTION leat_internal.grant_rights(who text, role name, kind text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
    AS $$
#variable_conflict use_column
DECLARE
    began  timestamptz := clock_timestamp();
    rights text;
BEGIN
    -- GRANT takes "public" for everybody, quoted or not.
    IF grant_rights.role = 'public' THEN
        RAISE EXCEPTION '%: PUBLIC is everybody', who USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the role that needs it.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grant_rights.role) THEN
        RAISE EXCEPTION '%: role % does not exist', who, quote_ident(grant_rights.role) USING ERRCODE = 'undefined_object',
            HINT = 'Create it first: CREATE ROLE ... LOGIN.';
    END IF;
    FOREACH rights IN ARRAY CASE grant_rights.kind WHEN 'poller' THEN leat_internal.poller_rights()
                                           ELSE leat_internal.publisher_rights() END LOOP
        EXECUTE format('GRANT %s TO %I', rights, grant_rights.role);
    END LOOP;
    INSERT INTO leat_internal.granted (role, kind) VALUES (quote_ident(grant_rights.role)::regrole, grant_rights.kind) ON CONFLICT DO NOTHING;
EXCEPTION WHEN lock_not_available THEN
    PERFORM leat_internal.raise_own_busy(who, 'what is granted', began);
END
$$;

CREATE OR REPLACE FUNCTION leat.grant_poller(role name) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.grant_rights('leat.grant_poller', grant_poller.role, 'poller') $$;

CREATE OR REPLACE FUNCTION leat.grant_publisher(role name) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT leat_internal.grant_rights('leat.grant_publisher', grant_publisher.role, 'publisher') $$;

CREATE OR REPLACE FUNCTION leat.revoke(role name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '5s'
    AS $$
#variable_conflict use_column
DECLARE
    began  timestamptz := clock_timestamp();
    rights text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = revoke.role) THEN
        RAISE EXCEPTION 'leat.revoke: role % does not exist', quote_ident(revoke.role) USING ERRCODE = 'undefined_object',
            HINT = 'leat_internal.granted lists those that were given something.';
    END IF;
    FOREACH rights IN ARRAY leat_internal.poller_rights() || leat_internal.publisher_rights() LOOP
        EXECUTE format('REVOKE %s FROM %I', rights, revoke.role);
    END LOOP;
    DELETE FROM leat_internal.granted g WHERE g.role = quote_ident(revoke.role)::regrole;
EXCEPTION WHEN lock_not_available THEN
    PERFORM leat_internal.raise_own_busy('leat.revoke', 'what is granted', began);
END
$$;

-- leat_internal.rights_of_others(): who but the owner holds what on which of Leat's objects.
CREATE OR REPLACE FUNCTION leat_internal.rights_of_others()
    RETURNS TABLE (object text, grantee oid, privilege text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        WITH nsp AS (
            SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_namespace n
             WHERE n.nspname IN ('leat', 'leat_poller', 'leat_internal')
        ), held (object, owner, acl) AS (
            SELECT 'SCHEMA ' || quote_ident(nsp.nspname), nsp.nspowner, nsp.nspacl FROM nsp
            UNION ALL
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || format('%I.%I', nsp.nspname, c.relname),
                   c.relowner, c.relacl
              FROM nsp JOIN pg_class c ON c.relnamespace = nsp.oid WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL
            SELECT 'TABLE ' || format('%I.%I', nsp.nspname, c.relname), c.relowner, a.attacl
              FROM nsp JOIN pg_class c ON c.relnamespace = nsp.oid JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE a.attacl IS NOT NULL
            UNION ALL
            SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END
                   || format('%I.%I(%s)', nsp.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
                   p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
              FROM nsp JOIN pg_proc p ON p.pronamespace = nsp.oid
        )
        SELECT DISTINCT h.object, a.grantee, a.privilege_type
          FROM held h CROSS JOIN LATERAL aclexplode(h.acl) AS a
         WHERE a.grantee <> h.owner
    $$;

-- leat.foreign_rights(): the rights on Leat's objects that somebody holds and did not get from Leat, in words; for leat doctor.
CREATE OR REPLACE FUNCTION leat.foreign_rights() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $$
        SELECT format('%s has %s on %s', CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END,
                      string_agg(r.privilege, ', ' ORDER BY r.privilege), lower(split_part(r.object COLLATE "C", ' ', 1))
                      || substr(r.object, strpos(r.object, ' ')))
          FROM leat_internal.rights_of_others() AS r
         WHERE NOT (r.grantee = 0 AND r.object ~ '^FUNCTION leat_internal[.]capture_[0-9]+[(][)]$' AND r.privilege = 'EXECUTE')
           AND (r.object ~ '^[A-Z]+ leat_internal([.]|$)'
                OR NOT EXISTS (SELECT FROM leat_internal.granted g WHERE g.role = r.grantee))
         GROUP BY r.grantee, r.object
         ORDER BY r.object, r.grantee
    $$;

CREATE OR REPLACE FUNCTION leat_internal.keep_rights(relation regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
          FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
         WHERE c.oid = relation AND a.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON TABLE %s FROM %s', relation, grantee);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION leat_internal.restore_rights() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    found record;
BEGIN
    FOR found IN SELECT DISTINCT r.object, CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END AS grantee
                   FROM leat_internal.rights_of_others() AS r
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s CASCADE', found.object, found.grantee);
    END LOOP;
    FOR found IN SELECT p.proname FROM pg_proc p
                  WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname ~ '^capture_[0-9]+$' LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION leat_internal.%I() TO PUBLIC', found.proname);
    END LOOP;
    DELETE FROM leat_internal.granted g WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = g.role);
    FOR found IN SELECT r.rolname, g.kind FROM leat_internal.granted g JOIN pg_roles r ON r.oid = g.role LOOP
        PERFORM leat_internal.grant_rights('leat migrate', found.rolname, found.kind);
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leat_internal.poller_rights() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.publisher_rights() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.grant_rights(text, name, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.grant_poller(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.grant_publisher(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.revoke(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.rights_of_others() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.foreign_rights() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.keep_rights(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_internal.restore_rights() FROM PUBLIC;

-- leat.schema_version(): which schema this is. It rises with every release that changes a script.
-- leat.oldest_poller(): the oldest schema version whose pollers can work with this schema. A poller that was made for version 3 works with any
-- schema whose oldest_poller is 3 or less, and that is not older than its own release can work with (dev.leat.pipeline.SchemaVersions).
--
-- Both are STABLE, not IMMUTABLE: a plan that a session keeps must not keep the answer.
--
-- Returns:  a whole number
-- Tables:   none
-- Errors:   none
CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT 1 $$;

CREATE OR REPLACE FUNCTION leat.oldest_poller() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$ SELECT 1 $$;

REVOKE ALL ON FUNCTION leat.schema_version() FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.oldest_poller() FROM PUBLIC;

SELECT leat_internal.restore_rights();
