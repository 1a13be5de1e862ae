SELECT id, key_id, institution_id, method, path, action, resource_type, resource_id, payload, request_id, occurred_at,
       recorded_at
FROM bursar.audit_event
WHERE tenant_id = $1 AND resource_type = $9
  AND recorded_at <= COALESCE($2::timestamptz, 'infinity')
  AND (recorded_at, id) < (COALESCE($2::timestamptz, 'infinity'), COALESCE($3::uuid, '00000000-0000-0000-0000-000000000000'))
  AND recorded_at >= COALESCE($4::timestamptz, '-infinity') AND recorded_at < COALESCE($5::timestamptz, 'infinity')
  AND ($6::uuid IS NULL OR key_id = $6) AND ($7::uuid IS NULL OR institution_id = $7)
  AND ($8::text IS NULL OR action = $8) AND ($9::text IS NULL OR resource_type = $9)
  AND ($10::text IS NULL OR resource_id = $10)
ORDER BY recorded_at DESC, id DESC
LIMIT $11
