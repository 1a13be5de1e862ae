SELECT id, label, role, institution_id, expires_at, revoked_at, successor_id, created_at
FROM bursar.admin_api_key
WHERE tenant_id = $1 AND (created_at, id) > ($2, $3)
  AND COALESCE($4 = CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                         WHEN expires_at <= now() THEN 'expired' ELSE 'active' END, $4::text IS NULL)
ORDER BY created_at, id
LIMIT $5
