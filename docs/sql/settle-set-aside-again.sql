update leat.quarantine
set
  state = d.state,
  reason = d.reason,
  quarantined_at = cast(
    current_timestamp
    as timestamp with time zone
  )
from unnest(cast(
  ?
  as bigint[]
), cast(
  ?
  as text[]
), cast(
  ?
  as text[]
)) as d (id, state, reason)
where leat.quarantine.id = d.id
