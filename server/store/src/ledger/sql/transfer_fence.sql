-- A tombstone under the same key as a transfer's: whichever commits first wins.
INSERT INTO bursar.ledger_transfer (
    tenant_id, id, kind, debit_id, credit_id, amount, value_date, shifted, key_id, institution_id,
    debit_version, debit_debits_posted, debit_credits_posted, debit_debits_pending, debit_credits_pending,
    credit_version, credit_debits_posted, credit_credits_posted, credit_debits_pending, credit_credits_pending)
VALUES ($1, $2, 'fenced', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 0,
        current_date, false, $3, $4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
