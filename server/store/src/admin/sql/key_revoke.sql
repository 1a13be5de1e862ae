UPDATE bursar.admin_api_key SET revoked_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, label, role, institution_id, expires_at, revoked_at, successor_id, created_at
