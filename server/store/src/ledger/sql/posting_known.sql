-- One row at least: it brings the clock and the last closed day, read after the locks.
SELECT clock_timestamp() AS now,
       (SELECT ends_on FROM bursar.ledger_period WHERE tenant_id = $1 ORDER BY ends_on DESC LIMIT 1) AS closed_through,
       t.id, t.kind, t.debit_id, t.credit_id, a.asset, a.scale, t.amount, t.code, t.external_reference, t.metadata,
       t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole, t.release_remainder,
       t.key_id, t.institution_id,
       t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending, t.debit_credits_pending,
       t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending, t.credit_credits_pending
FROM (VALUES (1)) AS one (n)
LEFT JOIN bursar.ledger_transfer t ON t.tenant_id = $1 AND t.id = ANY ($2)
LEFT JOIN bursar.ledger_account a ON a.tenant_id = t.tenant_id AND a.id = t.debit_id
