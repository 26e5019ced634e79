-- The highest id drawn, before the look at the writers: the proof of the watermark rests on this order. And which pollers the schema serves now.
SELECT id, server_started, history, schema_version, oldest_poller FROM leat_poller.drawn()
