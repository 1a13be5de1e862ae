WHERE p.tenant_id = $1 AND p.institution_id = $5 AND (p.institution_id, p.region) > ($2, $3)
  AND COALESCE(p.region = $6, $6::text IS NULL)
ORDER BY p.region
LIMIT $4
