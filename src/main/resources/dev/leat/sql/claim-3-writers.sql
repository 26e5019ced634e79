-- Who may still commit an id up to that one.
SELECT virtualtransaction FROM leat_poller.writers() AS virtualtransaction
