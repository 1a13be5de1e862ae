SELECT tenant_id, id
FROM bursar.ledger_hold
WHERE state = 'open' AND expires_at <= clock_timestamp()
ORDER BY expires_at
LIMIT $1
