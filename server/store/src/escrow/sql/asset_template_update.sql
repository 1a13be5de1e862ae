UPDATE bursar.escrow_asset_template
SET code = $3, name = $4, vertical = $5, region = $6, config = $7, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, institution_id, code, name, vertical, region, config, revision, created_at, updated_at
