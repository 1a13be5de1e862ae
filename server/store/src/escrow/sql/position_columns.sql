SELECT id, institution_id, template_id, asset_id, holder_reference, currency, scale, amount, held, released, refunded,
       state, external_reference, metadata, funding_account_id, proposal_key_id, proposal_account_id,
       proposal_amount, revision, created_at, updated_at
FROM bursar.escrow_position
WHERE tenant_id = $1
