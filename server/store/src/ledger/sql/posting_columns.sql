INSERT INTO bursar.ledger_transfer (
    tenant_id, id, kind, debit_id, credit_id, amount, code, external_reference, metadata, value_date, posted_at, shifted,
    pending_id, reversed_id, group_id, timeout_seconds, whole, release_remainder, key_id, institution_id,
    debit_version, debit_debits_posted, debit_credits_posted, debit_debits_pending, debit_credits_pending,
    credit_version, credit_debits_posted, credit_credits_posted, credit_debits_pending, credit_credits_pending)
