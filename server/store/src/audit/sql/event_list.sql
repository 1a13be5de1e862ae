SELECT id, key_id, institution_id, method, path, action, resource_type, resource_id, payload, request_id, occurred_at,
       recorded_at
FROM bursar.audit_event
WHERE tenant_id = $1
  AND (recorded_at, id) < ($2, $3) AND recorded_at <= $2 AND recorded_at >= $4 AND recorded_at < $5
  AND recorded_at > '-infinity'
  AND COALESCE(key_id = $6, $6::uuid IS NULL) AND COALESCE(institution_id = $7, $7::uuid IS NULL)
  AND COALESCE(action = $8, $8::text IS NULL) AND COALESCE(resource_type = $9, $9::text IS NULL)
  AND COALESCE(resource_id = $10, $10::text IS NULL)
ORDER BY recorded_at DESC, id DESC
LIMIT $11
