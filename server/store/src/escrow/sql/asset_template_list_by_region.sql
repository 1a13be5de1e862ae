WHERE a.tenant_id = $1 AND a.id > $2 AND a.region = $4
ORDER BY a.id
LIMIT $3
