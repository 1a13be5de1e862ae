-- The template by the assets' own reference to it (OFFSET 0: without statistics the planner would read all of the tenant's).
SELECT clock_timestamp() AS now, a.institution_id, a.template_id, t.config,
       p.allowed_states, p.minimum_amounts, p.required_metadata, p.four_eyes
FROM bursar.escrow_asset a
CROSS JOIN LATERAL (
    SELECT institution_id, config, region FROM bursar.escrow_asset_template
    WHERE tenant_id = $1 AND institution_id = a.institution_id AND id = a.template_id OFFSET 0
) AS t
LEFT JOIN bursar.escrow_policy p
    ON p.tenant_id = $1 AND p.institution_id = t.institution_id AND p.region = t.region
WHERE a.tenant_id = $1
