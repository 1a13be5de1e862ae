SELECT h.id, h.debit_id, h.credit_id, a.scale, h.amount, h.remaining, 'open' AS state, h.expires_at, h.created_at,
       NULL::timestamptz AS ended_at
FROM (
    (SELECT h.id, h.debit_id, h.credit_id, h.amount, h.remaining AS remaining, h.expires_at, h.created_at
     FROM bursar.ledger_hold h
     WHERE h.tenant_id = $1 AND h.debit_id = $2 AND h.ended_at = 'infinity')
    UNION ALL
    (SELECT h.id, h.debit_id, h.credit_id, h.amount, h.remaining AS remaining, h.expires_at, h.created_at
     FROM bursar.ledger_hold h
     WHERE h.tenant_id = $1 AND h.credit_id = $2 AND h.ended_at = 'infinity')
) AS h
JOIN bursar.ledger_account a ON a.tenant_id = $1 AND a.id = $2
ORDER BY h.created_at, h.id
LIMIT $3
