-- One by one (OFFSET 0), so that no plan reads all of a tenant's.
SELECT d.id, clock_timestamp() AS now
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT id FROM bursar.trading_decision WHERE tenant_id = $1 AND id = wanted.id OFFSET 0) AS d
