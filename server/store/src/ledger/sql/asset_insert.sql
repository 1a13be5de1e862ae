INSERT INTO bursar.ref_asset (tenant_id, code, name, scale, kind, metadata)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING code, name, scale, kind, metadata, created_at, false AS shared
