SELECT t.reversed_id, t.id
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT reversed_id, id FROM bursar.ledger_transfer WHERE tenant_id = $1 AND reversed_id = wanted.id OFFSET 0
) AS t
