-- Free lanes that hold events: which to leave out (a bit for each), where to begin, how many, and the lows that the poller knows.
SELECT lanes, lows, empty, highest_low, in_quarantine FROM leat_poller.lock_lanes(?, ?, ?, ?)
