SELECT p.institution_id, p.region, p.allowed_states, p.minimum_amounts, p.required_metadata, p.four_eyes, p.revision,
       p.created_at, p.updated_at
FROM bursar.escrow_policy AS p
