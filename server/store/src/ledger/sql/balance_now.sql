-- Accounts with their open holds in one state: one row a hold, one with none when there are none. Accounts without
-- pending totals have no holds to look for.
SELECT a.id, a.asset, a.scale, a.balance_rule, a.overdraft_limit,
       a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.version,
       h.id AS hold_id, h.debit_id, h.credit_id, h.amount, h.remaining, h.expires_at, h.created_at
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT id, asset, scale, balance_rule, overdraft_limit, debits_posted, credits_posted, debits_pending, credits_pending, version
    FROM bursar.ledger_account WHERE tenant_id = $1 AND id = wanted.id OFFSET 0
) AS a
LEFT JOIN LATERAL (
    (SELECT d.id, d.debit_id, d.credit_id, d.amount, d.remaining, d.expires_at, d.created_at
     FROM bursar.ledger_hold d
     WHERE d.tenant_id = $1 AND d.debit_id = CASE WHEN a.debits_pending <> 0 THEN a.id END AND d.ended_at = 'infinity')
    UNION ALL
    (SELECT c.id, c.debit_id, c.credit_id, c.amount, c.remaining, c.expires_at, c.created_at
     FROM bursar.ledger_hold c
     WHERE c.tenant_id = $1 AND c.credit_id = CASE WHEN a.credits_pending <> 0 THEN a.id END AND c.ended_at = 'infinity')
    ORDER BY created_at, id
    LIMIT $3
) AS h ON true
