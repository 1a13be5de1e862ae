INSERT INTO bursar.escrow_policy (tenant_id, institution_id, region, allowed_states, minimum_amounts, required_metadata,
                                  four_eyes)
SELECT $1, i.id, $3::text, $4::text[], $5::jsonb, $6::text[], $7::boolean
FROM bursar.escrow_institution AS i
WHERE i.tenant_id = $1 AND i.id = $2
RETURNING institution_id, region, allowed_states, minimum_amounts, required_metadata, four_eyes, revision, created_at,
          updated_at
