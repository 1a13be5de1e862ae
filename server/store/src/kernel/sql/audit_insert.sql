INSERT INTO bursar.audit_event (tenant_id, id, key_id, institution_id, method, path, action, resource_type, resource_id,
                                payload, request_id, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
