SELECT id, strategy_id, symbol, side, quantity, decision, state, reason, revision, created_at, updated_at
FROM bursar.trading_decision
WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) AND created_at >= $4 AND created_at < $5
  AND created_at > '-infinity'
  AND COALESCE(strategy_id = $7, $7::uuid IS NULL)
  AND COALESCE(symbol = $8, $8::text IS NULL)
  AND COALESCE(state = $9, $9::text IS NULL)
ORDER BY created_at DESC, id DESC
LIMIT $6
