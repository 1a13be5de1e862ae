JOIN bursar.escrow_institution_tag AS r ON r.tenant_id = i.tenant_id AND r.institution_id = i.id
WHERE i.tenant_id = $1 AND r.tenant_id = $1 AND r.kind = $8 AND r.value = $9 AND r.institution_id > $2
  AND COALESCE(i.code = $3, $3::text IS NULL) AND COALESCE(i.name = $4, $4::text IS NULL)
  AND COALESCE((SELECT true FROM bursar.escrow_institution_tag AS t
                WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'region' AND t.value = $5),
               $5::text IS NULL)
  AND COALESCE((SELECT true FROM bursar.escrow_institution_tag AS t
                WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'vertical' AND t.value = $6),
               $6::text IS NULL)
ORDER BY r.institution_id
LIMIT $7
