-- The events of each lane that a person has released from quarantine.
-- What can be long is read of an event only if it is not too large to be sent, and if the claim has room for it.
WITH bounds (too_large, lane_budget, claim_budget, alone) AS (
    -- In bytes: the size above which an event is too large; what a lane's events may weigh, and what the claim's may; what an event may weigh
    -- that comes first.
    VALUES (?, ?, ?, ?)
), lanes (lane, most) AS (
    SELECT * FROM unnest(CAST(? AS smallint[]), CAST(? AS int[]))
), weighed AS (
    -- Each lane's events in the order of their ids, until they outweigh the lane's budget.
    SELECT w.*, bounds.*
      FROM bounds, lanes,
           LATERAL (
               SELECT s.*, sum(s.weight) OVER (ORDER BY s.id ROWS UNBOUNDED PRECEDING) AS running
                 FROM (
                     -- What is too large weighs nothing, for it is not read.
                     SELECT e.*, CASE WHEN e.size <= bounds.too_large THEN CAST(e.size AS numeric) ELSE 0 END AS weight
                       FROM (
                           -- octet_length knows the size of a value without fetching it.
                           SELECT q.*,
                                  coalesce(octet_length(CAST(q.type AS text)), 0) + coalesce(octet_length(CAST(q.key AS text)), 0)
                                  + coalesce(octet_length(CAST(q.before AS text)), 0) + coalesce(octet_length(CAST(q.after AS text)), 0)
                                  + coalesce(octet_length(CAST(q.context AS text)), 0) + coalesce(octet_length(CAST(q.fault AS text)), 0) AS size
                             FROM leat_poller.quarantine AS q
                            WHERE q.lane = lanes.lane AND q.state = 'retry'
                              -- The stream, or the poller's own, is none of those that back off.
                              AND coalesce(q.stream, ?) <> ALL (CAST(? AS text[]))
                            ORDER BY q.id
                            LIMIT lanes.most) AS e) AS s) AS w
     WHERE w.running - w.weight < bounds.lane_budget
), totalled AS (
    -- Lane after lane, as the rows come: who reads goes by "fits", not by their order.
    SELECT w.*, sum(w.weight) OVER (ROWS UNBOUNDED PRECEDING) AS total FROM weighed AS w
), events AS (
    SELECT t.*, room.fits, room.fits AND t.size <= t.too_large AS read_whole
      FROM totalled AS t
     CROSS JOIN LATERAL (
         -- Within the claim's budget; or nothing that weighs comes before it.
         SELECT t.total <= t.claim_budget OR (t.total = t.weight AND t.weight <= t.alone) AS fits) AS room
)
SELECT e.id, e.lane, e.op, e.partition_key, e.stream, e.schema_name, e.table_name,
       CASE WHEN e.read_whole THEN e.type END AS type,
       CASE WHEN e.read_whole THEN e.key END AS key,
       CASE WHEN e.read_whole THEN e.before END AS before,
       CASE WHEN e.read_whole THEN e.after END AS after,
       e.xid,
       -- In microseconds since the epoch, which the driver reads with less work than a time.
       CAST(pg_catalog.date_part('epoch', e.captured_at) * 1000000 AS bigint) AS captured_at,
       e.db_user, e.application,
       CASE WHEN e.read_whole THEN e.context END AS context,
       e.may_pass,
       CASE WHEN e.read_whole THEN e.fault END AS fault,
       e.stream_known,
       e.size, e.running, e.fits
  FROM events AS e
