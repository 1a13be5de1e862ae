WHERE a.tenant_id = $1 AND a.id = ANY (ARRAY(
    SELECT found FROM tenancy.escrow_search_asset_templates($9, $3, $4, $5, $6, $7, $2, $8) AS found))
ORDER BY a.id
