-- now() and not clock_timestamp(), which is volatile and so no index condition.
SELECT tenant_id, id
FROM bursar.ledger_hold
WHERE state = 'open' AND expires_at <= now()
ORDER BY expires_at
LIMIT $1
