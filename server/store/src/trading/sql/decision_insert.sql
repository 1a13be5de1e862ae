INSERT INTO bursar.trading_decision (tenant_id, id, strategy_id, symbol, side, quantity, decision)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id, strategy_id, symbol, side, quantity, decision, state, reason, revision, created_at, updated_at
