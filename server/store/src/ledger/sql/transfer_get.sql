FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT id, kind, debit_id, credit_id, amount, code, external_reference, metadata, value_date, posted_at, pending_id,
           reversed_id, group_id, timeout_seconds, whole, release_remainder, key_id, institution_id,
           debit_version, debit_debits_posted, debit_credits_posted, debit_debits_pending, debit_credits_pending,
           credit_version, credit_debits_posted, credit_credits_posted, credit_debits_pending, credit_credits_pending
    FROM bursar.ledger_transfer WHERE tenant_id = $1 AND id = wanted.id OFFSET 0
) AS t
LEFT JOIN LATERAL (
    SELECT asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = t.debit_id OFFSET 0
) AS a ON true
LEFT JOIN LATERAL (
    SELECT amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = CASE WHEN t.kind = 'pending' THEN t.id END OFFSET 0
) AS h ON true
