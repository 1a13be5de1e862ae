-- The links of a resource.
SELECT kind, resource_id, transfer_id, created_at
FROM bursar.trace_link
WHERE tenant_id = $1 AND kind = $2 AND resource_id = $3
ORDER BY transfer_id
LIMIT $4
