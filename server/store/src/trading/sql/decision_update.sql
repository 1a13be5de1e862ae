UPDATE bursar.trading_decision
SET state = $3, reason = $4, revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, strategy_id, symbol, side, quantity, decision, state, reason, revision, created_at, updated_at
