SELECT method, request, reply, recorded_at
FROM bursar.operation_record
WHERE tenant_id = $1 AND request_id = $2
