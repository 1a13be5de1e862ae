INSERT INTO bursar.trading_strategy (tenant_id, id, name, description, definition)
VALUES ($1, $2, $3, $4, $5)
RETURNING id, name, description, definition, state, revision, created_at, updated_at
