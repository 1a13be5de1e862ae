WHERE p.tenant_id = $1 AND p.institution_id > $2 AND p.region = $4
ORDER BY p.institution_id
LIMIT $3
