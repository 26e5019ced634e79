select
  s.id,
  s.lane,
  s.op,
  s.partition_key,
  s.stream,
  s.schema_name,
  s.table_name,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.type
  end as type,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.key
  end as key,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.before
  end as before,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.after
  end as after,
  s.xid,
  cast(pg_catalog.date_part('epoch', s.captured_at) * 1000000 as bigint) as captured_at,
  s.db_user,
  s.application,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.context
  end as context,
  s.may_pass,
  case
    when (
      size <= too_large
      and (
        total <= claim_budget
        or (
          total = weight
          and weight <= alone
        )
      )
    ) then s.fault
  end as fault,
  s.stream_known,
  size,
  running,
  (
    total <= claim_budget
    or (
      total = weight
      and weight <= alone
    )
  ) as fits
from (
  select
    c.*,
    too_large,
    claim_budget,
    alone,
    sum(weight) over (rows unbounded preceding) as total
  from
    (values (?, ?, ?, ?)) as bounds (too_large, lane_budget, claim_budget, alone),
    unnest(cast(
      ?
      as smallint[]
    ), cast(
      ?
      as int[]
    )) as l (lane, most),
    lateral (
      select
        w.*,
        sum(weight) over (
          order by id
          rows unbounded preceding
        ) as running
      from (
        select
          s.*,
          case
            when size <= too_large then cast(size as numeric)
            else 0
          end as weight
        from (
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
            q.stream_known,
            (coalesce(
              octet_length(cast(q.type as text)),
              0
            ) + coalesce(
              octet_length(cast(q.key as text)),
              0
            ) + coalesce(
              octet_length(cast(q.before as text)),
              0
            ) + coalesce(
              octet_length(cast(q.after as text)),
              0
            ) + coalesce(
              octet_length(cast(q.context as text)),
              0
            ) + coalesce(
              octet_length(cast(q.fault as text)),
              0
            )) as size
          from leat_poller.quarantine as q
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
        ) as s
      ) as w
    ) as c
  where (running - weight) < lane_budget
) as s
