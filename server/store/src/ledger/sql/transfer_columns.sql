-- What every read of whole transfers selects: t the transfer, a an account of its asset, h its hold.
SELECT t.id, t.kind, t.debit_id, t.credit_id, a.asset, a.scale, t.amount, t.code, t.external_reference, t.metadata,
       t.value_date, t.posted_at, t.pending_id, t.reversed_id, t.group_id, t.timeout_seconds, t.whole, t.release_remainder,
       t.key_id, t.institution_id,
       t.debit_version, t.debit_debits_posted, t.debit_credits_posted, t.debit_debits_pending, t.debit_credits_pending,
       t.credit_version, t.credit_debits_posted, t.credit_credits_posted, t.credit_debits_pending, t.credit_credits_pending,
       h.amount AS hold_amount, h.remaining AS hold_remaining, h.state AS hold_state, h.expires_at AS hold_expires_at,
       h.created_at AS hold_created_at, NULLIF(h.ended_at, 'infinity') AS hold_ended_at
