INSERT INTO bursar.escrow_asset_template (tenant_id, id, institution_id, code, name, vertical, region, config)
SELECT $1, $2::uuid, i.id, $4::text, $5::text, $6::text, $7::text, $8::jsonb
FROM bursar.escrow_institution AS i
WHERE i.tenant_id = $1 AND i.id = $3
RETURNING id, institution_id, code, name, vertical, region, config, revision, created_at, updated_at
