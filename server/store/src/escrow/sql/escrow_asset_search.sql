WHERE a.tenant_id = $1 AND a.id = ANY (ARRAY(
    SELECT found FROM tenancy.escrow_search_assets($7, $3, $4, $5, $2, $6) AS found))
ORDER BY a.id
