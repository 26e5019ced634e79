SELECT lane, low FROM leat_poller.lock_lanes(?, ?, ?)
