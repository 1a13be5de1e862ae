INSERT INTO bursar.escrow_ledger_event (tenant_id, id, institution_id, position_id, kind, previous_state, state, debit_id,
                                        credit_id, currency, scale, amount, payload, key_id, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
