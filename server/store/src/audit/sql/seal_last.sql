SELECT s.tenant_id, s.position, s.events, s.transfers, s.hash, s.sealed_at
FROM unnest($1::uuid[]) AS wanted (tenant_id)
CROSS JOIN LATERAL (
    SELECT tenant_id, position, events, transfers, hash, sealed_at
    FROM bursar.audit_seal WHERE tenant_id = wanted.tenant_id
    ORDER BY position DESC LIMIT 1
) AS s
