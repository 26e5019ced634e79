-- What a poller notes for others: that it lives, and its figures. For fairness and for people only; but leat status reads them, so what is
-- noted is checked (leat_internal.poller, tally, shard_use), and a row can be changed by the role alone that wrote it.
--
-- leat_poller.beat(poller, host, pid, version): says that a poller lives, and forgets those that have been gone for a minute.
-- leat_poller.leave(poller): takes a poller off the list, and its figures of shards.
-- leat_poller.note_counts(poller, schemas, tables, ops, settled): adds to what the poller has settled.
-- leat_poller.fold_counts(poller): adds the counts of pollers that are gone to the rows of poller 00000000-0000-0000-0000-000000000000.
-- leat_poller.note_shards(poller, seconds, streams, shards, records, bytes, refused): what each shard took over the last so many seconds, and
-- refused; forgets what nobody has written for half a minute.
-- leat_poller.catalog_changes(): a number that changes when the catalog does so that a look at attached tables may find something, for pollers
-- to know when to call leat_poller.refresh. Tables that come and go count only where that updates a row or touches a constraint: no DDL
-- that Leat has to see leaves all of the others alone. Counted by the statistics, so it follows within seconds, and not before
-- PostgreSQL 15, where to ask often would be dear: always 0.
--
-- poller    drawn anew at each start of one
-- Returns:  beat: how many other pollers were seen within five seconds by the database's clock
-- Tables:   write leat_internal.poller, tally, shard_use
-- Errors:   check_violation, not_null_violation for what cannot be; insufficient_privilege for a poller of another role
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

-- leat_internal.room(what, rows, most): an error when there are more rows of figures than any real poller writes.
CREATE OR REPLACE FUNCTION leat_internal.room(what text, rows bigint, most bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF rows >= most THEN
        RAISE EXCEPTION 'leat_poller: there are % % noted already, and % are the most', rows, what, most
            USING ERRCODE = 'program_limit_exceeded', HINT = 'The owner can delete from leat_internal.poller, tally and shard_use.';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.beat(poller uuid, host text, pid bigint, version text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM leat_internal.room('pollers', (SELECT count(*) FROM leat_internal.poller p
                                            WHERE p.role = session_user AND p.poller <> beat.poller), 1000);
    INSERT INTO leat_internal.poller AS p (poller, role, host, pid, version)
    VALUES (beat.poller, session_user, left(beat.host, 255), beat.pid, left(beat.version, 100))
    ON CONFLICT (poller) DO UPDATE SET seen_at = now() WHERE p.role = session_user;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'leat_poller.beat: poller % is of another role', beat.poller USING ERRCODE = 'insufficient_privilege',
            HINT = 'A poller draws its id at each start.';
    END IF;
    -- Who will have been seen in the future was seen before the clock was set back.
    DELETE FROM leat_internal.poller p
     WHERE p.poller <> beat.poller AND p.seen_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute';
    RETURN (SELECT count(*) FROM leat_internal.poller p
             WHERE p.poller <> beat.poller AND p.seen_at BETWEEN now() - interval '5 seconds' AND now() + interval '5 seconds');
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.leave(poller uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        DELETE FROM leat_internal.shard_use s WHERE s.poller = leave.poller AND s.role = session_user;
        DELETE FROM leat_internal.poller p WHERE p.poller = leave.poller AND p.role = session_user;
    $$;

CREATE OR REPLACE FUNCTION leat_poller.note_counts(poller uuid, schemas text[], tables text[], ops text[], settled bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    IF coalesce(note_counts.poller, '00000000-0000-0000-0000-000000000000') = '00000000-0000-0000-0000-000000000000'
       OR EXISTS (SELECT FROM leat_internal.poller p WHERE p.poller = note_counts.poller AND p.role <> session_user) THEN
        RAISE EXCEPTION 'leat_poller.note_counts: poller % is of another role', coalesce(note_counts.poller::text, 'null')
            USING ERRCODE = 'insufficient_privilege', HINT = 'A poller draws its id at each start.';
    END IF;
    PERFORM leat_internal.room('counted tables', (SELECT count(*) FROM leat_internal.tally t) + cardinality(note_counts.ops), 100000);
    IF EXISTS (SELECT FROM unnest(note_counts.settled) AS s WHERE s < 0) THEN
        RAISE EXCEPTION 'leat_poller.note_counts: a count is negative' USING ERRCODE = 'check_violation',
            HINT = 'Counts are of events that were settled since the last call.';
    END IF;
    -- In order, so that two who add to the same rows wait for each other and never each for the other.
    INSERT INTO leat_internal.tally AS t (poller, schema_name, table_name, op, settled)
    SELECT note_counts.poller, coalesce(d.schema_name, ''), coalesce(d.table_name, ''), d.op::"char", sum(d.settled)::bigint
      FROM unnest(note_counts.schemas, note_counts.tables, note_counts.ops, note_counts.settled)
           AS d (schema_name, table_name, op, settled)
     GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT (poller, schema_name, table_name, op) DO UPDATE SET settled = t.settled + excluded.settled;
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.fold_counts(poller uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
        WITH gone AS (
            DELETE FROM leat_internal.tally t
             WHERE t.poller NOT IN ('00000000-0000-0000-0000-000000000000', fold_counts.poller)
               AND NOT EXISTS (SELECT FROM leat_internal.poller p WHERE p.poller = t.poller)
            RETURNING t.schema_name, t.table_name, t.op, t.settled
        )
        INSERT INTO leat_internal.tally AS t (poller, schema_name, table_name, op, settled)
        SELECT '00000000-0000-0000-0000-000000000000', g.schema_name, g.table_name, g.op,
               least(sum(g.settled), 1000000000000000)::bigint
          FROM gone g GROUP BY g.schema_name, g.table_name, g.op ORDER BY g.schema_name, g.table_name, g.op
        ON CONFLICT (poller, schema_name, table_name, op) DO UPDATE
           SET settled = least(t.settled + excluded.settled, 1000000000000000)
    $$;

CREATE OR REPLACE FUNCTION leat_poller.note_shards(
        poller uuid, seconds double precision, streams text[], shards text[], records bigint[], bytes bigint[], refused bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM leat_internal.room('shards', (SELECT count(*) FROM leat_internal.shard_use s) + cardinality(note_shards.shards), 100000);
    INSERT INTO leat_internal.shard_use AS s (poller, role, stream, shard, seconds, records, bytes, refused)
    SELECT note_shards.poller, session_user, u.stream, u.shard, note_shards.seconds, u.records, u.bytes, u.refused
      FROM unnest(note_shards.streams, note_shards.shards, note_shards.records, note_shards.bytes, note_shards.refused)
           AS u (stream, shard, records, bytes, refused)
    ON CONFLICT (poller, stream, shard) DO UPDATE
       SET seconds = excluded.seconds, records = excluded.records, bytes = excluded.bytes, refused = excluded.refused,
           measured_at = clock_timestamp()
     WHERE s.role = session_user;
    DELETE FROM leat_internal.shard_use s
     WHERE s.measured_at NOT BETWEEN clock_timestamp() - interval '30 seconds' AND clock_timestamp() + interval '30 seconds';
END
$$;

CREATE OR REPLACE FUNCTION leat_poller.catalog_changes() RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        RETURN 0;
    END IF;
    RETURN (SELECT sum(pg_stat_get_tuples_updated(c.oid)
                       + CASE WHEN c.whole THEN pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_deleted(c.oid) ELSE 0 END)
              FROM (VALUES ('pg_class'::regclass::oid, false), ('pg_attribute'::regclass::oid, false), ('pg_type'::regclass::oid, false),
                           ('pg_proc'::regclass::oid, true), ('pg_trigger'::regclass::oid, true), ('pg_constraint'::regclass::oid, true),
                           ('pg_inherits'::regclass::oid, true), ('pg_namespace'::regclass::oid, false),
                           ('pg_subscription_rel'::regclass::oid, true))
                   AS c (oid, whole));
END
$$;

REVOKE ALL ON FUNCTION leat_internal.room(text, bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.beat(uuid, text, bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.leave(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_counts(uuid, text[], text[], text[], bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.fold_counts(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.note_shards(uuid, double precision, text[], text[], bigint[], bigint[], bigint[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat_poller.catalog_changes() FROM PUBLIC;
