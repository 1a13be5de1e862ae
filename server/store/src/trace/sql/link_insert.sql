-- A transfer that is not there leaves NULL, which the table refuses: a link never names nothing.
INSERT INTO bursar.trace_link (tenant_id, kind, resource_id, transfer_id)
SELECT $1, $2, wanted.resource,
       (SELECT t.id FROM bursar.ledger_transfer t WHERE t.tenant_id = $1 AND t.id = wanted.id AND t.kind <> 'fenced')
FROM unnest($3::uuid[], $4::uuid[]) AS wanted (resource, id)
ON CONFLICT DO NOTHING
