WHERE i.tenant_id = $1 AND i.id = ANY (ARRAY(
    SELECT found FROM tenancy.escrow_search_institutions($8, $3, $4, $5, $6, $2, $7) AS found))
ORDER BY i.id
