FROM bursar.ledger_transfer t
LEFT JOIN LATERAL (
    SELECT asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = t.debit_id OFFSET 0
) AS a ON true
LEFT JOIN LATERAL (
    SELECT amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = CASE WHEN t.kind = 'pending' THEN t.id END OFFSET 0
) AS h ON true
WHERE t.tenant_id = $1 AND t.id = ANY ($2)
