INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, institution_id, hash, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id, label, role, institution_id, expires_at, revoked_at, successor_id, created_at
