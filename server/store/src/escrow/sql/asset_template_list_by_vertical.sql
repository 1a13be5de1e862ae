WHERE a.tenant_id = $1 AND a.id > $2 AND a.vertical = $6
  AND COALESCE(a.institution_id = $3, $3::uuid IS NULL) AND COALESCE(a.code = $4, $4::text IS NULL)
  AND COALESCE(a.name = $5, $5::text IS NULL) AND COALESCE(a.region = $7, $7::text IS NULL)
ORDER BY a.id
LIMIT $8
