SELECT i.id, i.code, i.name, i.metadata, i.revision, i.created_at, i.updated_at,
       ARRAY(SELECT t.value FROM bursar.escrow_institution_tag AS t
             WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'region') AS regions,
       ARRAY(SELECT t.value FROM bursar.escrow_institution_tag AS t
             WHERE t.tenant_id = $1 AND t.institution_id = i.id AND t.kind = 'vertical') AS verticals
FROM bursar.escrow_institution AS i
