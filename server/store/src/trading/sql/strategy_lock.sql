SELECT id, name, description, definition, state, revision, created_at, updated_at
FROM bursar.trading_strategy
WHERE tenant_id = $1 AND id = $2
FOR NO KEY UPDATE
