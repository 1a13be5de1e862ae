-- No two transfers of one account share a time: the time alone is the order, and each side comes in its index's own.
-- $7 says that there is no further filter, which spares the usual list the look at six. The asset of all of them is the
-- account's, looked up once.
FROM (
    (SELECT t.id, t.kind, t.debit_id, t.credit_id, t.amount, t.code, t.external_reference, t.metadata,
            t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole,
            t.release_remainder, t.key_id, t.institution_id,
            t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending,
            t.debit_credits_pending,
            t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending,
            t.credit_credits_pending
     FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.debit_id = $2 AND ($6::text IS NULL OR $6 = 'debit')
       AND t.posted_at >= $3 AND t.posted_at < $4
       AND ($7 OR (
           COALESCE(t.code = $8, $8::text IS NULL) AND COALESCE(t.kind = $9, $9::text IS NULL)
           AND COALESCE(t.external_reference = $10, $10::text IS NULL) AND COALESCE(t.metadata @> $11, $11::jsonb IS NULL)
           AND COALESCE(t.group_id = $12, $12::uuid IS NULL) AND COALESCE(t.pending_id = $13, $13::uuid IS NULL)))
     ORDER BY t.posted_at LIMIT $5)
    UNION ALL
    (SELECT t.id, t.kind, t.debit_id, t.credit_id, t.amount, t.code, t.external_reference, t.metadata,
            t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole,
            t.release_remainder, t.key_id, t.institution_id,
            t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending,
            t.debit_credits_pending,
            t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending,
            t.credit_credits_pending
     FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.credit_id = $2 AND ($6::text IS NULL OR $6 = 'credit')
       AND t.posted_at >= $3 AND t.posted_at < $4
       AND ($7 OR (
           COALESCE(t.code = $8, $8::text IS NULL) AND COALESCE(t.kind = $9, $9::text IS NULL)
           AND COALESCE(t.external_reference = $10, $10::text IS NULL) AND COALESCE(t.metadata @> $11, $11::jsonb IS NULL)
           AND COALESCE(t.group_id = $12, $12::uuid IS NULL) AND COALESCE(t.pending_id = $13, $13::uuid IS NULL)))
     ORDER BY t.posted_at LIMIT $5)
    ORDER BY posted_at LIMIT $5
) AS t
CROSS JOIN (
    SELECT (SELECT own.asset FROM bursar.ledger_account own WHERE own.tenant_id = $1 AND own.id = $2) AS asset,
           (SELECT own.scale FROM bursar.ledger_account own WHERE own.tenant_id = $1 AND own.id = $2) AS scale
) AS a
LEFT JOIN LATERAL (
    SELECT amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = CASE WHEN t.kind = 'pending' THEN t.id END OFFSET 0
) AS h ON true
ORDER BY t.posted_at
