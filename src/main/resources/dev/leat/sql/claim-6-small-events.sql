-- The next events of each lane, while events are small. What can be long is not read of an event above "small" bytes: the poller then reads
-- again, by claim-8.
SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
       CASE WHEN e.size <= small THEN e.type END AS type,
       CASE WHEN e.size <= small THEN e.key END AS key,
       CASE WHEN e.size <= small THEN e.before END AS before,
       CASE WHEN e.size <= small THEN e.after END AS after,
       e.xid,
       -- In microseconds since the epoch, which the driver reads with less work than a time.
       CAST(pg_catalog.date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
       e.db_user, e.application,
       CASE WHEN e.size <= small THEN e.context END AS context,
       e.may_pass,
       CASE WHEN e.size <= small THEN e.fault END AS fault,
       e.stream_known,
       e.size
  FROM (VALUES (?)) AS bounds (small),
       unnest(CAST(? AS smallint[]), CAST(? AS int[]), CAST(? AS bigint[])) AS l (lane, most, low),
       LATERAL (
           -- octet_length knows the size of a value without fetching it.
           SELECT o.*,
                  coalesce(octet_length(CAST(o.type AS text)), 0) + coalesce(octet_length(CAST(o.key AS text)), 0)
                  + coalesce(octet_length(CAST(o.before AS text)), 0) + coalesce(octet_length(CAST(o.after AS text)), 0)
                  + coalesce(octet_length(CAST(o.context AS text)), 0) + coalesce(octet_length(CAST(o.fault AS text)), 0) AS size
             FROM leat_poller.outbox AS o
            WHERE o.lane = l.lane AND o.id > l.low
              -- Held events wait until every lower id is decided: up to the watermark.
              AND (NOT o.held OR o.id <= ?)
              -- The stream, or the poller's own, is none of those that back off.
              AND coalesce(o.stream, ?) <> ALL (CAST(? AS text[]))
            ORDER BY o.id
            LIMIT l.most) AS e
