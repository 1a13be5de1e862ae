SELECT starts_on, ends_on, closed_at, key_id
FROM bursar.ledger_period
WHERE tenant_id = $1 AND ends_on < $2
ORDER BY ends_on DESC
LIMIT $3
