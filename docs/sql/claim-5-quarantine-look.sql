select leat_poller.quarantine.partition_key, leat_poller.quarantine.id
from leat_poller.quarantine
where (
  leat_poller.quarantine.lane = any (
    cast(
      ?
      as smallint[]
    )
  )
  and leat_poller.quarantine.state = 'quarantined'
  and not (leat_poller.quarantine.may_pass)
)
union all
select
  cast(null as text),
  cast(null as bigint)
where exists (
  select 1 as one
  from leat_poller.quarantine
  where (
    leat_poller.quarantine.lane = any (
      cast(
        ?
        as smallint[]
      )
    )
    and leat_poller.quarantine.state = 'retry'
  )
)
