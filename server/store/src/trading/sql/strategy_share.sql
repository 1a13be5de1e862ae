-- Held until the decision is written, so that none is made after the strategy was disabled.
SELECT state
FROM bursar.trading_strategy
WHERE tenant_id = $1 AND id = $2
FOR SHARE
