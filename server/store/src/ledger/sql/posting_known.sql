-- One row at least: it brings the clock and the last closed day, read after the locks. Each id is looked up on its own
-- (OFFSET 0 keeps the planner from joining the other way round): nearly all are new, and cost one descent of the index.
SELECT clock_timestamp() AS now,
       (SELECT ends_on FROM bursar.ledger_period WHERE tenant_id = $1 ORDER BY ends_on DESC LIMIT 1) AS closed_through,
       t.*
FROM (VALUES (1)) AS one (n)
LEFT JOIN (
    SELECT t.id, t.kind, t.debit_id, t.credit_id, a.asset, a.scale, t.amount, t.code, t.external_reference, t.metadata,
           t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole, t.release_remainder,
           t.key_id, t.institution_id,
           t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending, t.debit_credits_pending,
           t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending, t.credit_credits_pending
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
) AS t ON true
