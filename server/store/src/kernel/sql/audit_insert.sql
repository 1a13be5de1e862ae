INSERT INTO bursar.audit_event (tenant_id, id, key_id, institution_id, method, path, action, resource_type, resource_id,
                                payload, request_id, occurred_at)
SELECT $1, new.id, $3, $4, $5, $6, $7, $8, new.resource_id, new.payload, $11, $12
FROM unnest($2::uuid[], $9::text[], $10::jsonb[]) AS new (id, resource_id, payload)
