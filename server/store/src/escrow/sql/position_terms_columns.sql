SELECT clock_timestamp() AS now, a.institution_id, a.template_id, t.config,
       p.allowed_states, p.minimum_amounts, p.required_metadata, p.four_eyes
FROM bursar.escrow_asset a
JOIN bursar.escrow_asset_template t ON t.tenant_id = a.tenant_id AND t.id = a.template_id
LEFT JOIN bursar.escrow_policy p
    ON p.tenant_id = t.tenant_id AND p.institution_id = t.institution_id AND p.region = t.region
WHERE a.tenant_id = $1
