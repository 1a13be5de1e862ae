WHERE i.tenant_id = $1 AND i.id > $2
ORDER BY i.id
LIMIT $3
