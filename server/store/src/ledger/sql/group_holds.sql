SELECT h.id, h.debit_id, h.credit_id, a.scale, h.amount, h.remaining, h.state, h.expires_at, h.created_at,
       NULLIF(h.ended_at, 'infinity') AS ended_at
FROM bursar.ledger_transfer t
CROSS JOIN LATERAL (
    SELECT id, debit_id, credit_id, amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = t.id OFFSET 0
) AS h
CROSS JOIN LATERAL (SELECT asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = t.debit_id OFFSET 0) AS a
WHERE t.tenant_id = $1 AND t.group_id = $2 AND t.kind = 'pending'
