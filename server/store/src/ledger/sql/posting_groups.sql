SELECT DISTINCT group_id
FROM bursar.ledger_transfer
WHERE tenant_id = $1 AND group_id = ANY ($2)
