INSERT INTO bursar.operation_record (tenant_id, request_id, key_id)
VALUES ($1, $2, $3)
RETURNING recorded_at
