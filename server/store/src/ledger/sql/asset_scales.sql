SELECT code, scale
FROM bursar.ref_asset
WHERE tenant_id = ANY (ARRAY[$1, '00000000-0000-0000-0000-000000000000'::uuid]) AND code = ANY ($2)
