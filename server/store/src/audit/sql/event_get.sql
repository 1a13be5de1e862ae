SELECT id, key_id, institution_id, method, path, action, resource_type, resource_id, payload, request_id, occurred_at,
       recorded_at
FROM bursar.audit_event
WHERE tenant_id = $1 AND id = $2
