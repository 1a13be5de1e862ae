SELECT name, position, forced, reason, created_at, updated_at
FROM bursar.trading_cursor
WHERE tenant_id = $1 AND name > $2
ORDER BY name
LIMIT $3
