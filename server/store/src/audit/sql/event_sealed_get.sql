FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT tenant_id, id, key_id, institution_id, method, path, action, resource_type, resource_id, payload, request_id,
           occurred_at, recorded_at, xact
    FROM bursar.audit_event WHERE tenant_id = $1 AND id = wanted.id OFFSET 0
) AS r
