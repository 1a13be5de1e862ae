WHERE a.tenant_id = $1 AND a.id > $2
ORDER BY a.id
LIMIT $3
