INSERT INTO bursar.escrow_position_event (tenant_id, id, institution_id, position_id, revision, kind, previous_state, state,
                                          scale, amount, held, released, refunded, account_id, reason, metadata,
                                          transfer_ids, key_id, occurred_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
