with
  gone as (
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
    returning 
      leat.outbox.id,
      leat.outbox.lane,
      leat.outbox.op,
      leat.outbox.held,
      leat.outbox.may_pass,
      leat.outbox.captured_at,
      leat.outbox.xid,
      leat.outbox.schema_name,
      leat.outbox.table_name,
      leat.outbox.type,
      leat.outbox.partition_key,
      leat.outbox.key,
      leat.outbox.before,
      leat.outbox.after,
      leat.outbox.context,
      leat.outbox.db_user,
      leat.outbox.application,
      leat.outbox.stream,
      leat.outbox.fault
  )
insert into leat.sent (
  id,
  lane,
  op,
  held,
  may_pass,
  captured_at,
  xid,
  schema_name,
  table_name,
  type,
  partition_key,
  key,
  before,
  after,
  context,
  db_user,
  application,
  stream,
  fault
)
select
  gone.id,
  gone.lane,
  gone.op,
  gone.held,
  gone.may_pass,
  gone.captured_at,
  gone.xid,
  gone.schema_name,
  gone.table_name,
  gone.type,
  gone.partition_key,
  gone.key,
  gone.before,
  gone.after,
  gone.context,
  gone.db_user,
  gone.application,
  gone.stream,
  gone.fault
from gone
