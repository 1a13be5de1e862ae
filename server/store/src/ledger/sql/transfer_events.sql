SELECT t.id, t.kind, t.debit_id, t.credit_id, a.asset, a.scale, t.amount, t.code, t.external_reference, t.metadata,
       t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole, t.release_remainder,
       t.key_id, t.institution_id,
       t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending, t.debit_credits_pending,
       t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending, t.credit_credits_pending
FROM bursar.ledger_transfer t
CROSS JOIN LATERAL (SELECT asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = t.debit_id OFFSET 0) AS a
WHERE t.tenant_id = $1
  AND (t.posted_at, t.id) < ($2, $3) AND t.posted_at <= $2
  AND t.posted_at >= $4 AND t.posted_at < $5
  AND COALESCE(t.key_id = $6, $6::uuid IS NULL) AND COALESCE(t.institution_id = $7, $7::uuid IS NULL)
  AND t.kind = ANY ($8) AND t.posted_at > '-infinity'
ORDER BY t.posted_at DESC, t.id DESC
LIMIT $9
