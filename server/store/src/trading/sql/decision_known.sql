SELECT id, clock_timestamp() AS now
FROM bursar.trading_decision
WHERE tenant_id = $1 AND id = ANY ($2)
