-- The next events of each lane, where some may be large.
SELECT id, lane, op, partition_key, stream, schema_name, table_name, type, key, before, after, xid, captured_at, db_user,
       application, context, may_pass, fault, stream_known, format, size, running, fits
  FROM leat_poller.outbox_events(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
