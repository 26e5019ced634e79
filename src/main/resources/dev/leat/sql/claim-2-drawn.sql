-- The highest id drawn, before the look at the writers: the proof of the watermark rests on this order.
SELECT id, server_started, history FROM leat_poller.drawn()
