-- The links of a transfer.
SELECT kind, resource_id, transfer_id, created_at
FROM bursar.trace_link
WHERE tenant_id = $1 AND transfer_id = $2
LIMIT $3
