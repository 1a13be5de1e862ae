INSERT INTO bursar.escrow_policy_change (tenant_id, institution_id, region, revision, before, after, key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
