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
