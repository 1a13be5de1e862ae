-- Own and shared ones apart, as in asset_list.
SELECT code, name, scale, kind, metadata, created_at, shared
FROM (
    (SELECT code, name, scale, kind, metadata, created_at, false AS shared
     FROM bursar.ref_asset
     WHERE tenant_id = $1 AND kind = $2 AND code > $3
     ORDER BY code LIMIT $4)
    UNION ALL
    (SELECT code, name, scale, kind, metadata, created_at, true
     FROM bursar.ref_asset
     WHERE tenant_id = '00000000-0000-0000-0000-000000000000' AND tenant_id <> $1 AND kind = $2 AND code > $3
     ORDER BY code LIMIT $4)
) AS asset
ORDER BY code
LIMIT $4
