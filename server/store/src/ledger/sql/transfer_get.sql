FROM bursar.ledger_transfer t
LEFT JOIN bursar.ledger_account a ON a.tenant_id = t.tenant_id AND a.id = t.debit_id
LEFT JOIN bursar.ledger_hold h ON h.tenant_id = t.tenant_id AND h.id = CASE WHEN t.kind = 'pending' THEN t.id END
WHERE t.tenant_id = $1 AND t.id = ANY ($2)
