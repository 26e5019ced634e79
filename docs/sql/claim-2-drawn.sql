SELECT coalesce(pg_catalog.pg_sequence_last_value(s.tableoid), 0),
       (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
       (SELECT max(history) FROM leat.history)
FROM leat.outbox_id_seq s
