WHERE a.tenant_id = $1 AND a.id = $2
