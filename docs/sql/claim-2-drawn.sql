SELECT id, server_started, history FROM leat_poller.drawn()
