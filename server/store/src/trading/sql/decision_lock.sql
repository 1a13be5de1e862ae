SELECT id, strategy_id, symbol, side, quantity, decision, state, reason, revision, created_at, updated_at
FROM bursar.trading_decision
WHERE tenant_id = $1 AND id = $2
FOR NO KEY UPDATE
