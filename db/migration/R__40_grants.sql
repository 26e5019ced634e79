-- leat.grant_poller(role): gives an existing role what claiming, settling, upkeep, status and quarantine need, and nothing
-- else: it can neither write events nor attach tables.
-- leat.grant_publisher(role): lets a role call leat.publish. Writers of attached tables need no right at all.
--
-- role      a role that exists
-- Tables:   grants on those of the schema leat
-- Errors:   undefined_object for a role that does not exist; insufficient_privilege when the caller does not own the schema
CREATE OR REPLACE FUNCTION leat.grant_poller(role name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY[
        'GRANT USAGE ON SCHEMA leat TO %I',
        'GRANT SELECT, DELETE ON leat.outbox TO %I',
        'GRANT SELECT, UPDATE ON leat.lane TO %I',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON leat.poller, leat.tally, leat.shard_use,'
        ' leat.quarantine TO %I',
        'GRANT INSERT ON leat.sent TO %I',
        'GRANT SELECT ON SEQUENCE leat.outbox_id_seq TO %I',
        'GRANT SELECT ON leat.attachment, leat.attached, leat.history TO %I',
        'GRANT EXECUTE ON FUNCTION leat.attached_state(), leat.refresh(), leat.retry(bigint), leat.discard(bigint),'
        ' leat.rotate_sent(interval), leat.schema_version(), leat.move_past_gap(bigint, boolean),'
        ' leat.renumber(smallint[], integer), leat.mark(integer, bigint) TO %I']
    LOOP
        EXECUTE format(statement, role);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION leat.grant_publisher(role name) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA leat TO %I', role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION leat.publish(text, text, json, text, text) TO %I', role);
END
$$;

REVOKE ALL ON FUNCTION leat.grant_poller(name) FROM PUBLIC;
REVOKE ALL ON FUNCTION leat.grant_publisher(name) FROM PUBLIC;
