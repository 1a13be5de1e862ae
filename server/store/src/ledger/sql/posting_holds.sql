SELECT h.id, h.debit_id, h.credit_id, a.scale, h.amount, h.remaining, h.state, h.expires_at, h.created_at,
       NULLIF(h.ended_at, 'infinity') AS ended_at
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT id, debit_id, credit_id, amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = wanted.id OFFSET 0
) AS h
CROSS JOIN LATERAL (SELECT scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = h.debit_id OFFSET 0) AS a
