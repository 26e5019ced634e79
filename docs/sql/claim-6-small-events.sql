select
  s.id,
  s.lane,
  s.op,
  s.partition_key,
  s.stream,
  s.schema_name,
  s.table_name,
  case
    when size <= small then s.type
  end as type,
  case
    when size <= small then s.key
  end as key,
  case
    when size <= small then s.before
  end as before,
  case
    when size <= small then s.after
  end as after,
  s.xid,
  cast(pg_catalog.date_part('epoch', s.captured_at) * 1000000 as bigint) as captured_at,
  s.db_user,
  s.application,
  case
    when size <= small then s.context
  end as context,
  s.may_pass,
  case
    when size <= small then s.fault
  end as fault,
  s.stream_known,
  size
from
  (values (?)) as bounds (small),
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
      o.stream_known,
      (coalesce(
        octet_length(cast(o.type as text)),
        0
      ) + coalesce(
        octet_length(cast(o.key as text)),
        0
      ) + coalesce(
        octet_length(cast(o.before as text)),
        0
      ) + coalesce(
        octet_length(cast(o.after as text)),
        0
      ) + coalesce(
        octet_length(cast(o.context as text)),
        0
      ) + coalesce(
        octet_length(cast(o.fault as text)),
        0
      )) as size
    from leat_poller.outbox as o
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
  ) as s
