WHERE i.tenant_id = $1 AND i.id = $2
