-- Own and shared ones apart: the index has each part in order, and both together not. The platform's own are the shared.
SELECT code, name, scale, kind, metadata, created_at, shared
FROM (
    (SELECT code, name, scale, kind, metadata, created_at, false AS shared
     FROM bursar.ref_asset
     WHERE tenant_id = $1 AND code > $2
     ORDER BY code LIMIT $3)
    UNION ALL
    (SELECT code, name, scale, kind, metadata, created_at, true
     FROM bursar.ref_asset
     WHERE tenant_id = '00000000-0000-0000-0000-000000000000' AND tenant_id <> $1 AND code > $2
     ORDER BY code LIMIT $3)
) AS asset
ORDER BY code
LIMIT $3
