delete from leat.outbox
where (
  leat.outbox.lane = ?
  and leat.outbox.id between ? and ?
  and leat.outbox.id = any (
    cast(
      ?
      as bigint[]
    )
  )
)
