SELECT virtualtransaction FROM leat_poller.writers() AS virtualtransaction
