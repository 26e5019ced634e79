delete from leat.outbox
using unnest(cast(
  ?
  as smallint[]
), cast(
  ?
  as bigint[]
)) as d (lane, id)
where (
  leat.outbox.lane = d.lane
  and leat.outbox.id = d.id
)
