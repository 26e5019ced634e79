-- The keys that a quarantined event blocks, with that event.
SELECT q.partition_key, q.id
  FROM leat_poller.quarantine AS q
 WHERE q.lane = ANY (CAST(? AS smallint[])) AND q.state = 'quarantined' AND NOT q.may_pass
UNION ALL
-- One row without a key, if there are released events: they go before anything in the outbox.
SELECT CAST(NULL AS text), CAST(NULL AS bigint)
 WHERE EXISTS (SELECT FROM leat_poller.quarantine AS q
                WHERE q.lane = ANY (CAST(? AS smallint[])) AND q.state = 'retry')
