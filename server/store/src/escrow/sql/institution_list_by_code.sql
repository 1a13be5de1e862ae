WHERE i.tenant_id = $1 AND i.id > $2 AND i.code = $3
  AND COALESCE(i.name = $4, $4::text IS NULL)
  AND COALESCE((SELECT true FROM bursar.escrow_institution_tag AS t
                WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'region' AND t.value = $5),
               $5::text IS NULL)
  AND COALESCE((SELECT true FROM bursar.escrow_institution_tag AS t
                WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'vertical' AND t.value = $6),
               $6::text IS NULL)
ORDER BY i.id
LIMIT $7
