SELECT id, institution_id, position_id, kind, previous_state, state, debit_id, credit_id, currency, scale, amount, payload,
       key_id, occurred_at
FROM bursar.escrow_ledger_event
WHERE tenant_id = $1
  AND (occurred_at, id) > ($2, $3) AND occurred_at >= $2 AND occurred_at >= $4 AND occurred_at < $5
  AND COALESCE(position_id = $6, $6::uuid IS NULL) AND COALESCE(institution_id = $7, $7::uuid IS NULL)
  AND COALESCE(kind = $8, $8::text IS NULL)
