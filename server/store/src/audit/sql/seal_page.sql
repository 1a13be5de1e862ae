-- The seals after a place, through $3; all but the first with few enough rows together.
SELECT tenant_id, position, upto, events, transfers, leaves, hash, sealed_at
FROM bursar.audit_seal
WHERE tenant_id = $1 AND position > $2 AND position <= $3
  AND (events + transfers <= $4 OR position = $2 + 1)
ORDER BY position
LIMIT $5
