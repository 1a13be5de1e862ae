WHERE a.tenant_id = $1 AND a.id > $2 AND a.template_id = $4 AND a.created_at > '-infinity'
  AND COALESCE(a.institution_id = $3, $3::uuid IS NULL) AND COALESCE(a.label = $5, $5::text IS NULL)
ORDER BY a.id
LIMIT $6
