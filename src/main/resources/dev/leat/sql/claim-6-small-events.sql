-- The next events of each lane, while events are small.
SELECT id, lane, op, partition_key, stream, schema_name, table_name, type, key, before, after, xid, captured_at, db_user,
       application, context, may_pass, fault, stream_known, format, size
  FROM leat_poller.small_events(?, ?, ?, ?, ?, ?, ?)
