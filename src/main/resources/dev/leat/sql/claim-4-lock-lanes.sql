-- Free lanes: which to leave out (a bit for each), where to begin, how many.
SELECT lane, low FROM leat_poller.lock_lanes(?, ?, ?)
