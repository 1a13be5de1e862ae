UPDATE bursar.escrow_policy
SET allowed_states = $4, minimum_amounts = $5, required_metadata = $6, four_eyes = $7, revision = revision + 1,
    updated_at = now()
WHERE tenant_id = $1 AND institution_id = $2 AND region = $3
RETURNING institution_id, region, allowed_states, minimum_amounts, required_metadata, four_eyes, revision, created_at,
          updated_at
