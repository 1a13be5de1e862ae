UPDATE bursar.escrow_position
SET held = $3, released = $4, refunded = $5, state = $6, funding_account_id = $7, proposal_key_id = $8,
    proposal_account_id = $9, proposal_amount = $10, revision = revision + 1, updated_at = $11
WHERE tenant_id = $1 AND id = $2
RETURNING id, institution_id, template_id, asset_id, holder_reference, currency, scale, amount, held, released, refunded,
       state, external_reference, metadata, account_id, funding_account_id, proposal_key_id, proposal_account_id,
       proposal_amount, revision, created_at, updated_at
