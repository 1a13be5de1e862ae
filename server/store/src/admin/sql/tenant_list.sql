SELECT tenant_id, name, state, max_api_keys, requests_per_second, revision, created_at, updated_at
FROM bursar.admin_tenant
WHERE (created_at, tenant_id) > ($1, $2) AND COALESCE(state = $3, $3::text IS NULL)
  AND tenant_id <> '00000000-0000-0000-0000-000000000000'
ORDER BY created_at, tenant_id
LIMIT $4
