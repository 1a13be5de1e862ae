WHERE i.tenant_id = $1 AND i.id = $2
FOR NO KEY UPDATE OF i
