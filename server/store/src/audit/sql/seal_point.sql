-- The last seal between two places.
SELECT tenant_id, position, upto, events, transfers, hash, sealed_at
FROM bursar.audit_seal
WHERE tenant_id = $1 AND position >= $2 AND position <= $3
ORDER BY position DESC
LIMIT 1
