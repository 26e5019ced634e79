-- The keys that a quarantined event blocks, and whether there are released events; only if the lanes have events in quarantine.
SELECT partition_key, id FROM leat_poller.blocked_keys(?)
