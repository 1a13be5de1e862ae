UPDATE bursar.admin_api_key SET successor_id = $3, expires_at = LEAST(expires_at, $4)
WHERE tenant_id = $1 AND id = $2
RETURNING id, label, role, institution_id, expires_at, revoked_at, successor_id, created_at
