-- After the lock, so final. A clock that stepped back may be behind what was posted.
SELECT clock_timestamp() AS now,
       GREATEST(clock_timestamp(), (SELECT posted_at FROM bursar.ledger_transfer
                                    WHERE tenant_id = $1 AND posted_at > '-infinity' ORDER BY posted_at DESC LIMIT 1)) AS closed_at,
       (SELECT ends_on FROM bursar.ledger_period WHERE tenant_id = $1 ORDER BY ends_on DESC LIMIT 1) AS closed_through
