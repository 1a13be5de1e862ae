UPDATE bursar.trading_strategy
SET name = $3, description = $4, definition = $5, state = $6, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, name, description, definition, state, revision, created_at, updated_at
