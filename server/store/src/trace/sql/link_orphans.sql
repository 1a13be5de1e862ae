-- A page of the links of a kind, with what is gone of each, looked up one by one (OFFSET 0). A domain with a new kind adds the look-up of its resource.
SELECT l.kind, l.resource_id, l.transfer_id, l.created_at,
       NOT EXISTS (SELECT FROM bursar.ledger_transfer t WHERE t.tenant_id = $1 AND t.id = l.transfer_id) AS transfer_gone,
       CASE l.kind
           WHEN 'position' THEN NOT EXISTS (SELECT FROM bursar.escrow_position p WHERE p.tenant_id = $1 AND p.id = l.resource_id OFFSET 0)
           WHEN 'execution' THEN NOT EXISTS (SELECT FROM bursar.trading_execution e WHERE e.tenant_id = $1 AND e.id = l.resource_id OFFSET 0)
       END AS resource_gone
FROM (
    SELECT kind, resource_id, transfer_id, created_at
    FROM bursar.trace_link
    WHERE tenant_id = $1 AND kind = $2 AND resource_id >= $3 AND (resource_id, transfer_id) > ($3, $4)
    ORDER BY resource_id, transfer_id
    LIMIT $5
) AS l
ORDER BY l.resource_id, l.transfer_id
