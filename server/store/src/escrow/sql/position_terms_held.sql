  AND a.id = (SELECT asset_id FROM bursar.escrow_position WHERE tenant_id = $1 AND id = $2)
