INSERT INTO bursar.escrow_asset (tenant_id, id, institution_id, template_id, label, metadata)
SELECT $1, $2::uuid, t.institution_id, t.id, $5::text, $6::jsonb
FROM bursar.escrow_asset_template AS t
WHERE t.tenant_id = $1 AND t.institution_id = $3 AND t.id = $4
RETURNING id, institution_id, template_id, label, metadata, revision, created_at, updated_at
