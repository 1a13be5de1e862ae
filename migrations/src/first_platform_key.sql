INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, hash)
SELECT '00000000-0000-0000-0000-000000000000', $1::text::uuid, $2, 'platform', $3
WHERE NOT EXISTS (
    SELECT FROM bursar.admin_api_key
    WHERE tenant_id = '00000000-0000-0000-0000-000000000000' AND role = 'platform'
      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
)
