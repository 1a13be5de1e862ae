SELECT tenant_id, name, state, max_api_keys, requests_per_second, revision, created_at, updated_at
FROM bursar.admin_tenant
WHERE tenant_id = $1
FOR NO KEY UPDATE
