UPDATE bursar.escrow_asset
SET label = $3, metadata = $4, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, institution_id, template_id, label, metadata, revision, created_at, updated_at
