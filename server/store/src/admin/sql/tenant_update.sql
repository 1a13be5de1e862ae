UPDATE bursar.admin_tenant
SET name = $2, max_api_keys = $3, requests_per_second = $4, state = $5, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1
RETURNING tenant_id, name, state, max_api_keys, requests_per_second, revision, created_at, updated_at
