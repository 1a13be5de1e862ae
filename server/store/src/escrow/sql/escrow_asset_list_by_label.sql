WHERE a.tenant_id = $1 AND a.id > $2 AND a.label = $5
  AND COALESCE(a.institution_id = $3, $3::uuid IS NULL) AND COALESCE(a.template_id = $4, $4::uuid IS NULL)
ORDER BY a.id
LIMIT $6
