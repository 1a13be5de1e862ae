-- A transfer as sealing hashes it (ADR 15): every column, in a form that no setting changes.
SELECT r.tenant_id, r.id, jsonb_build_array(
    'ledger_transfer', r.tenant_id, r.id, r.kind, r.debit_id, r.credit_id, r.amount, r.code, r.external_reference, r.metadata,
    r.value_date, (extract(epoch FROM r.posted_at) * 1000000)::bigint, r.shifted, r.pending_id, r.reversed_id, r.group_id,
    r.timeout_seconds, r.whole, r.release_remainder, r.key_id, r.institution_id,
    r.debit_version, r.debit_debits_posted, r.debit_credits_posted, r.debit_debits_pending, r.debit_credits_pending,
    r.credit_version, r.credit_debits_posted, r.credit_credits_posted, r.credit_debits_pending, r.credit_credits_pending,
    r.xact::text)::text AS canonical
