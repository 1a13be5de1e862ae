INSERT INTO bursar.trading_cursor (tenant_id, name, position, forced, reason)
VALUES ($1, $2, $3, $4, $5)
RETURNING name, position, forced, reason, created_at, updated_at
