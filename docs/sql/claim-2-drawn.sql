SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END,
       (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
       (SELECT max(history) FROM leat.history)
FROM leat.outbox_id_seq
