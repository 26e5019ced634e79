select leat.quarantine.partition_key, leat.quarantine.id
from leat.quarantine
where (
  leat.quarantine.lane = any (
    cast(
      ?
      as smallint[]
    )
  )
  and leat.quarantine.state = 'quarantined'
  and not (leat.quarantine.may_pass)
)
union all
select
  cast(null as text),
  cast(null as bigint)
where exists (
  select 1 as one
  from leat.quarantine
  where (
    leat.quarantine.lane = any (
      cast(
        ?
        as smallint[]
      )
    )
    and leat.quarantine.state = 'retry'
  )
)
