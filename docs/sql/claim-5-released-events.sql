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
  )) as l (lane, most),
  lateral (
    select
      q.id,
      q.lane,
      q.op,
      q.partition_key,
      q.stream,
      q.schema_name,
      q.table_name,
      q.type,
      q.key,
      q.before,
      q.after,
      q.xid,
      q.captured_at,
      q.db_user,
      q.application,
      q.context,
      q.may_pass,
      q.fault,
      (coalesce(
        octet_length(cast(q.before as text)),
        0
      ) + coalesce(
        octet_length(cast(q.after as text)),
        0
      )) as size,
      sum((coalesce(
        octet_length(cast(q.before as text)),
        0
      ) + coalesce(
        octet_length(cast(q.after as text)),
        0
      ))) over (
        order by q.id
        rows unbounded preceding
      ) as running
    from leat.quarantine as q
    where (
      q.lane = l.lane
      and q.state = 'retry'
      and coalesce(q.stream, ?) <> all (
        cast(
          ?
          as text[]
        )
      )
    )
    order by q.id
    fetch next l.most rows only
  ) as c
where (c.running - c.size) < ?
