select
  c.id,
  c.lane,
  c.op,
  c.partition_key,
  c.stream,
  c.schema_name,
  c.table_name,
  c.type,
  c.key,
  case
    when c.size <= ? then c.before
  end as before,
  case
    when c.size <= ? then c.after
  end as after,
  c.xid,
  c.captured_at,
  c.db_user,
  c.application,
  c.context,
  c.may_pass,
  c.fault,
  c.size,
  c.running
from
  unnest(cast(
    ?
    as smallint[]
  ), cast(
    ?
    as int[]
  ), cast(
    ?
    as bigint[]
  )) as l (lane, most, low),
  lateral (
    select
      o.id,
      o.lane,
      o.op,
      o.partition_key,
      o.stream,
      o.schema_name,
      o.table_name,
      o.type,
      o.key,
      o.before,
      o.after,
      o.xid,
      o.captured_at,
      o.db_user,
      o.application,
      o.context,
      o.may_pass,
      o.fault,
      (coalesce(
        octet_length(cast(o.before as text)),
        0
      ) + coalesce(
        octet_length(cast(o.after as text)),
        0
      )) as size,
      sum((coalesce(
        octet_length(cast(o.before as text)),
        0
      ) + coalesce(
        octet_length(cast(o.after as text)),
        0
      ))) over (
        order by o.id
        rows unbounded preceding
      ) as running
    from leat.outbox as o
    where (
      o.lane = l.lane
      and o.id > l.low
      and (
        not (o.held)
        or o.id <= ?
      )
      and coalesce(o.stream, ?) <> all (
        cast(
          ?
          as text[]
        )
      )
    )
    order by o.id
    fetch next l.most rows only
  ) as c
where (c.running - c.size) < ?
