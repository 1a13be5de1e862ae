SELECT id, institution_id, template_id, asset_id, holder_reference, currency, scale, amount, held, released, refunded,
       state, external_reference, metadata, funding_account_id, proposal_key_id, proposal_account_id,
       proposal_amount, revision, created_at, updated_at
FROM bursar.escrow_position
WHERE tenant_id = $1
  AND (created_at, id) > ($2, $3) AND created_at >= $2 AND created_at >= $4 AND created_at < $5 AND created_at > '-infinity'
  AND COALESCE(institution_id = $6, $6::uuid IS NULL) AND COALESCE(asset_id = $7, $7::uuid IS NULL)
  AND COALESCE(template_id = $8, $8::uuid IS NULL) AND COALESCE(holder_reference = $9, $9::text IS NULL)
  AND COALESCE(currency = $10, $10::text IS NULL) AND COALESCE(state = $11, $11::text IS NULL)
  AND COALESCE(external_reference = $12, $12::text IS NULL)
