-- The row is locked by this transaction, so it cannot be missed and has not moved.
UPDATE bursar.escrow_position
SET held = $3, released = $4, refunded = $5, state = $6, funding_account_id = $7, proposal_key_id = $8,
    proposal_account_id = $9, proposal_amount = $10, revision = $11, updated_at = $12
WHERE tenant_id = $1 AND id = $2
