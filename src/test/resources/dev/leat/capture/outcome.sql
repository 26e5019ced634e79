-- What a call of everything of Leat's comes to, as text: public.outcome(settings, their values). It runs as Leat's owner, in one
-- transaction that the caller rolls back. Values are read from public.staging and built by functions, so that only Leat's own texts are read under
-- the settings; the result is read when they are as they were.
CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE TYPE public.pair AS (a int, b text);
CREATE TABLE public.staging (at timestamptz, day date, span interval, real_ double precision, raw bytea, id int, text text, tags text[],
                             doc json, pair public.pair, pairs public.pair[], mood public.mood);
INSERT INTO public.staging
SELECT '2026-01-02 03:04:05.6+00', '2026-02-01', '1 day 02:03:04', 0.1::float8 + 0.2, '\x01ff5c', n, E'a\\b\'c' || n, ARRAY[NULL, 'NULL', E'x\\y"z'],
       '{"a": 1.50}', (n, E'p\\q')::public.pair, ARRAY[(n, NULL)::public.pair], 'bad'
  FROM generate_series(1, 6) AS n;
CREATE TABLE public.wide AS TABLE public.staging WITH NO DATA;
ALTER TABLE public.wide ADD PRIMARY KEY (at, day, span, real_, raw, id), ADD secret text, ADD shown text;
CREATE TABLE public."we\ird" ("i\d" int PRIMARY KEY, "co\l" text, "ma\sk" text);
CREATE TABLE public.bulk (id int PRIMARY KEY, text text, tags text[]);
CREATE TABLE public.keyed (id int PRIMARY KEY, customer text, text text);
CREATE TABLE public.rows AS TABLE public.staging WITH NO DATA;
CREATE TABLE public.uniq (id int NOT NULL UNIQUE, text text);
CREATE TABLE public.sent_as_dms AS TABLE public.staging WITH NO DATA;
ALTER TABLE public.sent_as_dms ADD PRIMARY KEY (id), ADD paid money, ADD local timestamp;
CREATE TABLE public.mapped (id int PRIMARY KEY, text text, tags text[], day date);
CREATE TABLE public.log AS TABLE public.uniq;
CREATE TABLE public.routed (id int PRIMARY KEY, kind public.mood, tags text[], raw bytea, doc json, text text);
CREATE TABLE public.parts (id int PRIMARY KEY, text text) PARTITION BY RANGE (id);
CREATE TABLE public.part PARTITION OF public.parts FOR VALUES FROM (0) TO (100);
CREATE TABLE public.part_2 (id int PRIMARY KEY, text text, extra int);
CREATE TABLE leat_internal.sent_20200101 PARTITION OF leat_internal.sent FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00');

CREATE FUNCTION public.outcome(settings text[], vals text[]) RETURNS text LANGUAGE plpgsql AS $outcome$
DECLARE
    said  text[] := '{}';
    me    uuid := gen_random_uuid();
    ids   bigint[];
    lanes smallint[];
    sizes integer[];
BEGIN
    FOR i IN 1 .. cardinality(settings) LOOP
        PERFORM set_config(settings[i], vals[i], false);
    END LOOP;
    EXECUTE 'SET LOCAL ROLE leat_owner';
    EXECUTE 'ALTER TABLE leat_internal.outbox ALTER id RESTART';
    EXECUTE 'ALTER TABLE leat_internal.attachment ALTER attachment RESTART';
    PERFORM set_config('leat.context', 'a' || chr(92) || 'b', true);

    said := said || leat.attach('public.wide', exclude => ARRAY['secret'], mask => ARRAY['shown'])
                 || leat.attach('public."we' || chr(92) || 'ird"', mask => ARRAY['ma' || chr(92) || 'sk=digits:' || chr(92)], rename => ARRAY['co' || chr(92) || 'l=c' || chr(92) || '1'],
                                rename_table => 'n' || chr(92), stream => 'arn:aws:kinesis:eu-central-1:123456789012:stream/a.b')
                 || leat.attach('public.bulk', capture => 'statement')
                 || leat.attach('public.keyed', key => ARRAY['customer'], on_quarantine => 'pass')
                 || leat.attach('public.rows', without_key => 'whole-row', exclude => ARRAY['mood'])
                 || leat.attach('public.uniq', without_key => 'unique') || leat.attach('public.log', without_key => 'table')
                 || leat.attach('public.sent_as_dms', format => 'dms:before-image=old:before-image-columns=all', mask => ARRAY['text=hash', 'mood=random-digits'],
                                filter => jsonb_build_array(jsonb_build_object('column', 'at', 'any', jsonb_build_array(jsonb_build_object(
                                    'operator', 'gte', 'value', '2000-01-01 00:00')))),
                                transform => jsonb_build_object(
                                    'types', jsonb_build_object('id', 'string'),
                                    'before', jsonb_build_object('prefix', 'BI_', 'columns', 'all'),
                                    'add', jsonb_build_array(
                                        jsonb_build_object('name', 'op' || chr(92), 'type', 'string', 'value', jsonb_build_object('header', 'operation')),
                                        jsonb_build_object('name', 'later', 'type', 'boolean', 'value', jsonb_build_object('case', jsonb_build_array(jsonb_build_array(
                                            jsonb_build_object('call', '>', 'of', jsonb_build_array(jsonb_build_object('column', 'id'), 2)), true)))),
                                        jsonb_build_object('name', 'of', 'type', 'string', 'value', jsonb_build_object('call', '||', 'of', jsonb_build_array(
                                            jsonb_build_object('column', 'paid'), chr(92), jsonb_build_object('column', 'at'),
                                            jsonb_build_object('call', 'hash_sha256', 'of', jsonb_build_array(jsonb_build_object('column', 'local')))))))))
                 || leat.attach('public.mapped', format => 'dms:null-and-empty', mapping => jsonb_build_object(
                        'key', jsonb_build_object('type', 'constant', 'text', jsonb_build_array('a.' || chr(92))), 'document', true,
                        'attributes', jsonb_build_array(
                            jsonb_build_object('name', 'o' || chr(92), 'text', jsonb_build_array(chr(92), jsonb_build_object('column', 'day'))),
                            jsonb_build_object('name', 'm', 'members', jsonb_build_array(jsonb_build_object('name', 'tags', 'column', 'tags'))))))
                 || leat.attach('public.routed', event_router => ARRAY['route=kind', 'key=text', 'type=kind', 'payload=raw', 'tracing=doc', 'delete'],
                                stream => 'of-$' || '{aggregatetype}')
                 || leat.attach('public.parts') || leat.attach('public.parts', before => false);

    INSERT INTO public.wide SELECT s.*, 'secret', s.text FROM public.staging s;
    UPDATE public.wide SET text = text || '.' WHERE id < 3;
    UPDATE public.wide SET id = id + 10 WHERE id = 3;
    DELETE FROM public.wide WHERE id = 4;
    EXECUTE format('INSERT INTO public.%I SELECT id, text, text FROM public.staging; UPDATE public.%1$I SET %I = NULL; DELETE FROM public.%1$I',
                   'we' || chr(92) || 'ird', 'co' || chr(92) || 'l');
    INSERT INTO public.bulk SELECT id, text, tags FROM public.staging;
    UPDATE public.bulk SET text = text || '.' WHERE id < 4;
    UPDATE public.bulk SET id = id + 10 WHERE id < 3;
    WITH gone AS (DELETE FROM public.bulk WHERE id > 4 RETURNING id) INSERT INTO public.bulk SELECT id, 'again' FROM gone WHERE id = 5 LIMIT 1;
    TRUNCATE public.bulk;
    INSERT INTO public.keyed SELECT id, text, text FROM public.staging;
    INSERT INTO public.rows SELECT * FROM public.staging;
    UPDATE public.rows SET id = id + 10;
    INSERT INTO public.uniq SELECT id, text FROM public.staging;
    INSERT INTO public.log SELECT id, text FROM public.staging;
    INSERT INTO public.mapped SELECT id, text, tags, day FROM public.staging;
    DELETE FROM public.mapped WHERE id < 3;
    INSERT INTO public.parts SELECT id, text FROM public.staging;
    INSERT INTO public.routed SELECT id, mood, tags, raw, doc, nullif(text, 'none') FROM public.staging;
    INSERT INTO public.sent_as_dms SELECT s.*, 1.5::numeric::money, s.at AT TIME ZONE 'UTC' FROM public.staging s;
    UPDATE public.sent_as_dms SET text = '' WHERE id < 3;
    DELETE FROM public.sent_as_dms WHERE id = 4;
    TRUNCATE public.part;
    TRUNCATE public.parts;
    -- After DDL: first the slower way, then a function that is written anew.
    ALTER TABLE public.wide RENAME shown TO seen;
    ALTER TABLE public.bulk RENAME tags TO labels;
    ALTER TABLE public.parts ADD extra int;
    ALTER TABLE public.rows RENAME text TO line;
    ALTER TABLE public.sent_as_dms ADD extra int;
    ALTER TABLE public.routed RENAME text TO subject;
    ALTER TABLE public.parts ATTACH PARTITION public.part_2 FOR VALUES FROM (100) TO (200);
    FOR i IN 1 .. 2 LOOP
        UPDATE public.wide SET text = text || '+' WHERE id = 1;
        INSERT INTO public.parts SELECT id + 90 + 10 * i, text, id FROM public.staging;
        UPDATE public.rows SET id = id + 10;
        UPDATE public.sent_as_dms SET extra = 1 WHERE id = 1;
        INSERT INTO public.routed SELECT id + 10 * i, mood, tags, raw, doc, text FROM public.staging WHERE id < 3;
        INSERT INTO public.bulk SELECT id + 10 * i, text, tags FROM public.staging WHERE id < 3;
        said := said || leat.refresh()::text;
    END LOOP;
    said := said || (SELECT concat_ws(' ', r.looked, r.changed) FROM leat_poller.refresh() AS r)
                 || coalesce(leat_internal.holders('{}', '{}', '{}'), 'nobody');
    PERFORM leat_internal.wait_until(clock_timestamp() + make_interval(secs => 5));
    PERFORM leat_internal.lock_tables('outcome.sql', make_interval(secs => 5), 'leat_internal.counter');
    said := said || leat_internal.nested_json(ARRAY['1', NULL, '3', '4'], '[1:2][1:2]')::text
                 || leat_internal.readable('a' || chr(92) || 'b');
    ALTER TABLE public.wide ADD broken public.mood;
    UPDATE public.wide SET text = text || '!' WHERE id = 1;

    PERFORM leat.publish(k, 'Type' || chr(92), s.doc) FROM public.staging s, unnest(ARRAY['order-1', 'public.orders', 'publicXorders', 'public' || chr(92) || '.orders',
            '"a b".c', '"a b"."c""d"(x)', 'a' || chr(92) || 'b', 'sha256:1', repeat('long', 100)]) AS k WHERE s.id = 1;
    PERFORM leat.publish('order-2', 'Type', NULL, 'a.stream', 'pass');
    said := said || leat.allow_stream('b.stream')::text || leat.allow_stream('c.stream')::text || leat.forbid_stream('c.stream')::text;

    said := said || (SELECT (d.id > 0 AND d.server_started > 0)::text || d.history FROM leat_poller.drawn() AS d)
                 || (SELECT count(*)::text FROM leat_poller.writers())
                 || (SELECT l.lanes::text || l.lows::text || l.empty || l.highest_low || l.in_quarantine FROM leat_poller.lock_lanes(5, 17, 64, '{}') AS l)
                 || (SELECT string_agg(e.op::text || e.key::text || e.after::text, ' ' ORDER BY e.partition_key, e.id)
                       FROM leat_poller.small_events(10000, ARRAY(SELECT n::smallint FROM generate_series(0, 63) n), array_fill(100, ARRAY[64]),
                                                     array_fill(0::bigint, ARRAY[64]), 5, 's', '{}') AS e)
                 || (SELECT count(*)::text FROM leat_poller.blocked_keys('{1,2}'))
                 || (SELECT count(*)::text FROM leat_poller.released_events(10000, 10000, 10000, 10000, '{1,2}', '{9,9}', 's', '{}'))
                 || (SELECT string_agg(e.after::text || e.running || e.fits, ' ' ORDER BY e.partition_key, e.id)
                       FROM leat_poller.outbox_events(10000, 10000, 100000, 10000, ARRAY(SELECT n::smallint FROM generate_series(0, 63) n),
                                                      array_fill(100, ARRAY[64]), array_fill(0::bigint, ARRAY[64]), 5, 's', '{}') AS e);
    said := said || leat_poller.note_drawn(1, 3)::text || leat_poller.check_history(0)::text || leat_poller.renumber(ARRAY[1, 2]::smallint[], 10)::text;
    SELECT array_agg(o.id ORDER BY o.id), array_agg(o.lane ORDER BY o.id) INTO ids, lanes
      FROM leat_internal.outbox o WHERE o.partition_key IN ('order-1', 'order-2', '~public.orders') ;
    said := said || leat_poller.set_aside(lanes, ids, array_fill('quarantined'::text, ARRAY[cardinality(ids)]),
                                          array_fill('re' || chr(92) || 'ason'::text, ARRAY[cardinality(ids)]), array_fill(false, ARRAY[cardinality(ids)]))::text;
    said := said || leat.retry(ids[1])::text || leat.discard(ids[2])::text;
    SELECT array_agg(g.lane ORDER BY g.lane), array_agg(g.n ORDER BY g.lane) INTO lanes, sizes
      FROM (SELECT o.lane, count(*)::integer AS n FROM leat_internal.outbox o GROUP BY o.lane) AS g;
    SELECT array_agg(o.id ORDER BY o.lane, o.id) INTO ids FROM leat_internal.outbox o;
    said := said || leat_poller.note_lows(ARRAY[3]::smallint[], ARRAY[2::bigint])::text;
    said := said || (SELECT leat_poller.settle(true, lanes[1:8], sizes[1:8], ids, '{}', array_agg(c.schema_name), array_agg(c.table_name), array_agg(c.op),
                                               array_agg(c.events))
                       FROM (SELECT coalesce(o.schema_name, '') AS schema_name, coalesce(o.table_name, '') AS table_name, o.op::text,
                                    count(*)::integer AS events
                               FROM leat_internal.outbox o WHERE o.lane = ANY (lanes[1:8]) GROUP BY 1, 2, 3) AS c)::text;
    said := said || (SELECT leat_poller.settle(true, ARRAY[q.lane], '{0}', '{}', ARRAY[q.id], '{}', '{}', '{}', '{}')
                       FROM leat_internal.quarantine q WHERE q.state = 'retry')::text;
    said := said || leat_poller.sum_counters()::text;
    said := said || (SELECT concat_ws(' ', r.replay IS NULL, r.events) FROM leat.replay(ARRAY['public.wide', 'public."we' || chr(92) || 'ird"'], dry_run => true) AS r)
                 || (SELECT concat_ws(' ', r.replay IS NULL, r.events) FROM leat.replay(key => 'order-' || chr(92)) AS r)
                 || (SELECT (r.events > 0)::text FROM leat.replay(since => make_timestamptz(2020, 1, 2, 3, 4, 5), stream => 'a.b') AS r)
                 || (SELECT concat_ws(' ', r.added > 0, r.again, r.said) FROM leat_poller.replay_chunk() AS r);
    PERFORM leat.cancel_replay();
    said := said || leat_poller.rotate_sent(make_interval(days => 7))::text || leat_poller.rotate_sent(make_interval(hours => 1))::text;

    said := said || (SELECT concat_ws(' ', h.others, h.catalog_changes IS NOT NULL, h.loading)
                       FROM leat_poller.heartbeat(me, 'ho' || chr(92) || 'st', 1, '1') AS h);
    PERFORM leat_poller.note_shards(me, 1.5, ARRAY['s'], ARRAY['shard' || chr(92)], ARRAY[1::bigint], ARRAY[2::bigint], ARRAY[3::bigint]);
    said := said || (SELECT concat_ws(' ', s.stream, s.shard, s.records, s.bytes, s.refused) FROM leat_internal.shard_use s);
    PERFORM leat_poller.deregister(me);

    PERFORM leat.grant_poller('leat_set_poller'), leat.grant_publisher('leat_set_publisher');
    GRANT SELECT ON leat_internal.outbox TO leat_set_publisher;
    said := said || ARRAY(SELECT f FROM leat.foreign_rights() AS f ORDER BY f);
    REVOKE SELECT ON leat_internal.outbox FROM leat_set_publisher;
    PERFORM leat.revoke('leat_set_publisher'), leat_internal.restore_rights();
    said := said || leat.move_past_gap(true)::text || leat_poller.renumber(ARRAY(SELECT generate_series(0, 63))::smallint[], 1000)::text
                 || leat.schema_version()::text;
    said := said || coalesce(leat_poller.put_rows(), 'all rows')
                 || ARRAY(SELECT concat_ws('|', f.severe, f.fault, f.remedy) FROM leat_poller.table_faults() AS f ORDER BY f.fault);
    PERFORM leat.load('public.wide', 'id < 100'), leat.load('public.keyed', chunk => 2);
    PERFORM leat.pause_load('public.keyed'), leat.resume_load('public.keyed'), leat.cancel_load('public.keyed'), leat.restart_load('public.keyed');
    said := said || ARRAY(SELECT concat_ws('|', b.events > 0, b.bytes > 0, b.changes > 0) FROM leat_poller.backlog(100) AS b);
    FOR i IN 1 .. 12 LOOP
        PERFORM leat_poller.load_chunk(100);
    END LOOP;
    said := said || ARRAY(SELECT concat_ws('|', l.table_name, l.filter, l.state, l.loaded, l.error) FROM leat_poller.load l ORDER BY l.load);
    PERFORM leat.detach('public.keyed');
    said := said || ARRAY(SELECT concat_ws('|', a.schema_name, a.table_name, a.key_columns, a.without_key, a.excluded, a.masked, a.event_router, a.operations, a.stream, a.capture, a.held, a.row_trigger,
                                           a.truncate_trigger, a.stale, a.problems) FROM leat.attached() AS a ORDER BY a.attachment);

    EXECUTE 'SET LOCAL ROLE NONE';
    FOR i IN 1 .. cardinality(settings) LOOP
        EXECUTE format('RESET %s', settings[i]);
    END LOOP;
    RETURN concat_ws(E'\n', array_to_string(said, E'\n'),
        (SELECT string_agg(format('%s %s', e.place, e.text), E'\n' ORDER BY e.place, e.partition_key, e.id)
           FROM (SELECT o.tableoid::regclass::text AS place, o.partition_key, o.id, concat_ws('|', o.lane, o.op, o.held, o.may_pass, o.schema_name, o.table_name, o.type,
                        o.partition_key, o.key, o.before, o.after, o.context, o.db_user, o.application, o.stream, o.fault) AS text FROM leat_internal.outbox o
                 UNION ALL
                 SELECT 'sent', o.partition_key, o.id, concat_ws('|', o.lane, o.op, o.held, o.may_pass, o.schema_name, o.table_name, o.type,
                        o.partition_key, o.key, o.before, o.after, o.context, o.db_user, o.application, o.stream, o.fault) FROM leat_internal.sent o
                 UNION ALL
                 SELECT 'quarantine', o.partition_key, o.id, concat_ws('|', o.lane, o.op, o.held, o.partition_key, o.key, o.after, o.context, o.state, o.reason, o.decided_by)
                   FROM leat_internal.quarantine o) AS e),
        (SELECT string_agg(concat_ws('|', c.schema_name, c.table_name, c.op, c.published, c.retried, c.quarantined, c.discarded), E'\n'
                           ORDER BY c.schema_name, c.table_name, c.op) FROM leat_poller.counter c),
        (SELECT string_agg(a.source, E'\n' ORDER BY a.attachment) FROM leat_internal.attachment a),
        (SELECT string_agg(p.prosrc, E'\n' ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname LIKE 'capture_%'),
        (SELECT string_agg(regexp_replace(concat_ws(' ', c.relname, pg_get_expr(c.relpartbound, c.oid), c.relpersistence, c.reltablespace, m.amname, c.relacl), '[0-9]+', '#', 'g'), E'\n'
                           ORDER BY c.relname)
           FROM pg_class c JOIN pg_am m ON m.oid = c.relam WHERE c.relnamespace = 'leat_internal'::regnamespace AND c.relname LIKE 'sent%' AND c.relkind = 'r'),
        (SELECT string_agg(concat_ws('|', t.tgrelid::regclass, t.tgname, t.tgenabled), E'\n' ORDER BY t.tgrelid::regclass::text, t.tgname) FROM pg_trigger t WHERE t.tgname LIKE '!leat%'),
        (SELECT string_agg(p.oid::regprocedure || ' ' || p.proacl::text, E'\n' ORDER BY p.oid::regprocedure::text) FROM pg_proc p
          WHERE p.pronamespace IN ('leat'::regnamespace, 'leat_poller'::regnamespace)));
END
$outcome$;
