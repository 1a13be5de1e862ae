SELECT t.id, t.kind, t.debit_id, t.credit_id, a.asset, a.scale, t.amount, t.code, t.external_reference, t.metadata,
       t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole, t.release_remainder,
       t.key_id, t.institution_id,
       t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending, t.debit_credits_pending,
       t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending, t.credit_credits_pending,
       h.amount AS hold_amount, h.remaining AS hold_remaining, h.state AS hold_state, h.expires_at AS hold_expires_at,
       h.created_at AS hold_created_at, NULLIF(h.ended_at, 'infinity') AS hold_ended_at
FROM bursar.ledger_transfer t
JOIN bursar.ledger_account a ON a.tenant_id = t.tenant_id AND a.id = t.debit_id
LEFT JOIN bursar.ledger_hold h ON h.tenant_id = t.tenant_id AND h.id = t.id
WHERE t.tenant_id = $1 AND t.group_id = $11
      AND t.posted_at >= $7 AND t.posted_at < $8
      AND (t.posted_at, t.id) > ($2, $3) AND t.posted_at >= $2
      AND COALESCE(t.code = $5, $5::text IS NULL) AND COALESCE(t.kind = $6, $6::text IS NULL)
      AND COALESCE(t.external_reference = $9, $9::text IS NULL) AND COALESCE(t.metadata @> $10, $10::jsonb IS NULL)
      AND COALESCE(t.pending_id = $12, $12::uuid IS NULL)
      AND t.kind <> 'fenced' AND $13::uuid IS NULL AND $14::text IS NULL
ORDER BY t.posted_at, t.id
LIMIT $4
