delete from leat.quarantine
where leat.quarantine.id = any (
  cast(
    ?
    as bigint[]
  )
)
