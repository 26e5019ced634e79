-- The events of each lane that a person has released from quarantine, and those that a replay sends again.
SELECT id, lane, op, partition_key, stream, schema_name, table_name, type, key, before, after, xid, captured_at, db_user,
       application, context, may_pass, fault, stream_known, format, size, running, fits, replay
  FROM leat_poller.released_events(?, ?, ?, ?, ?, ?, ?, ?)
