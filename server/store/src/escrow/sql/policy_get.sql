WHERE p.tenant_id = $1 AND p.institution_id = $2 AND p.region = $3
