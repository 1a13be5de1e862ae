WHERE p.tenant_id = $1 AND (p.institution_id, p.region) > ($2, $3)
ORDER BY p.institution_id, p.region
LIMIT $4
