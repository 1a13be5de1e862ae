SELECT ends_on FROM bursar.ledger_period WHERE tenant_id = $1 ORDER BY ends_on DESC LIMIT 1
