SELECT h.id, h.debit_id, h.credit_id, a.scale, h.amount, h.remaining, h.state, h.expires_at, h.created_at,
       NULLIF(h.ended_at, 'infinity') AS ended_at
FROM bursar.ledger_hold h JOIN bursar.ledger_account a ON a.tenant_id = h.tenant_id AND a.id = h.debit_id
WHERE h.tenant_id = $1 AND h.id = ANY ($2)
