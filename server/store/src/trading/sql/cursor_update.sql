UPDATE bursar.trading_cursor
SET position = $3, forced = $4, reason = $5, updated_at = now()
WHERE tenant_id = $1 AND name = $2
RETURNING name, position, forced, reason, created_at, updated_at
