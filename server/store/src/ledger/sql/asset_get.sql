SELECT code, name, scale, kind, metadata, created_at, tenant_id <> $1 AS shared
FROM bursar.ref_asset
WHERE tenant_id = ANY (ARRAY[$1, '00000000-0000-0000-0000-000000000000'::uuid]) AND code = $2
