WHERE a.tenant_id = $1 AND a.id = $2
FOR NO KEY UPDATE
