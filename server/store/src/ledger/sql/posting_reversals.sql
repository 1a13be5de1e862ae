SELECT reversed_id, id
FROM bursar.ledger_transfer
WHERE tenant_id = $1 AND reversed_id = ANY ($2)
