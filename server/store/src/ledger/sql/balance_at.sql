-- Accounts as they were before a time each ($3), with the holds open then: one row a hold, one with none when there
-- are none. The n-th is the answer to the n-th question.
SELECT asked.n, a.id, a.asset, a.scale,
       past.version, past.debits_posted, past.credits_posted, past.debits_pending, past.credits_pending,
       h.id AS hold_id, h.debit_id, h.credit_id, h.amount, h.remaining, h.expires_at, h.created_at
FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS asked (id, before, n)
CROSS JOIN LATERAL (
    SELECT id, asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = asked.id OFFSET 0
) AS a
LEFT JOIN LATERAL (
    (SELECT t.posted_at, t.debit_version AS version, t.debit_debits_posted AS debits_posted,
            t.debit_credits_posted AS credits_posted, t.debit_debits_pending AS debits_pending,
            t.debit_credits_pending AS credits_pending
     FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.debit_id = a.id AND t.posted_at < asked.before
     ORDER BY t.posted_at DESC LIMIT 1)
    UNION ALL
    (SELECT t.posted_at, t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending,
            t.credit_credits_pending
     FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.credit_id = a.id AND t.posted_at < asked.before
     ORDER BY t.posted_at DESC LIMIT 1)
    ORDER BY posted_at DESC
    LIMIT 1
) AS past ON true
LEFT JOIN LATERAL (
    (SELECT d.id, d.debit_id, d.credit_id, d.amount,
            d.amount - COALESCE((
                SELECT sum(p.amount) FROM bursar.ledger_transfer p
                WHERE p.tenant_id = $1 AND p.pending_id = d.id AND p.posted_at < asked.before AND p.kind = 'post'), 0) AS remaining,
            d.expires_at, d.created_at
     FROM bursar.ledger_hold d
     WHERE d.tenant_id = $1 AND d.debit_id = CASE WHEN past.debits_pending <> 0 THEN a.id END
       AND d.ended_at >= asked.before AND d.created_at < asked.before)
    UNION ALL
    (SELECT c.id, c.debit_id, c.credit_id, c.amount,
            c.amount - COALESCE((
                SELECT sum(p.amount) FROM bursar.ledger_transfer p
                WHERE p.tenant_id = $1 AND p.pending_id = c.id AND p.posted_at < asked.before AND p.kind = 'post'), 0) AS remaining,
            c.expires_at, c.created_at
     FROM bursar.ledger_hold c
     WHERE c.tenant_id = $1 AND c.credit_id = CASE WHEN past.credits_pending <> 0 THEN a.id END
       AND c.ended_at >= asked.before AND c.created_at < asked.before)
    ORDER BY created_at, id
    LIMIT $4
) AS h ON true
