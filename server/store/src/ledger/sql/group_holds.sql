SELECT h.id, h.debit_id, h.credit_id, a.scale, h.amount, h.remaining, h.state, h.expires_at, h.created_at,
       NULLIF(h.ended_at, 'infinity') AS ended_at
FROM bursar.ledger_transfer t
JOIN bursar.ledger_hold h ON h.tenant_id = t.tenant_id AND h.id = t.id
JOIN bursar.ledger_account a ON a.tenant_id = t.tenant_id AND a.id = t.debit_id
WHERE t.tenant_id = $1 AND t.group_id = $2 AND t.kind = 'pending'
