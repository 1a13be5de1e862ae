SELECT t.group_id
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT group_id FROM bursar.ledger_transfer WHERE tenant_id = $1 AND group_id = wanted.id LIMIT 1
) AS t
