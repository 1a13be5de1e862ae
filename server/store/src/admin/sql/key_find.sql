SELECT tenant_id, tenant_name, tenant_state, requests_per_second, label, role, institution_id, hash, expires_at, revoked_at
FROM tenancy.find_key($1)
