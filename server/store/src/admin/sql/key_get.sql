SELECT id, label, role, institution_id, expires_at, revoked_at, successor_id, created_at
FROM bursar.admin_api_key
WHERE tenant_id = $1 AND id = $2
