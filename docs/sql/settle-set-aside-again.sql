update leat.quarantine
set
  state = ?,
  reason = ?,
  quarantined_at = cast(
    current_timestamp
    as timestamp with time zone
  )
where leat.quarantine.id = ?
