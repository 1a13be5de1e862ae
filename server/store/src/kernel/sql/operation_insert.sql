INSERT INTO bursar.operation_record (tenant_id, request_id, method, request, reply, key_id)
VALUES ($1, $2, $3, $4, $5, $6)
