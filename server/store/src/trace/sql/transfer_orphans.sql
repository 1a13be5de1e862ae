-- A page of the tenant's accounts; with each that is reserved, its transfers that belong to no position.
SELECT a.id AS account_id, t.id AS transfer_id, t.posted_at
FROM (
    SELECT id, reserved FROM bursar.ledger_account
    WHERE tenant_id = $1 AND id > $2
    ORDER BY id
    LIMIT $3
) AS a
LEFT JOIN LATERAL (
    SELECT side.id, side.posted_at
    FROM (
        SELECT id, posted_at FROM bursar.ledger_transfer WHERE tenant_id = $1 AND debit_id = a.id
        UNION ALL
        SELECT id, posted_at FROM bursar.ledger_transfer WHERE tenant_id = $1 AND credit_id = a.id
    ) AS side
    WHERE a.reserved
      -- By the transfer (OFFSET 0): without statistics the planner would walk all links of positions.
      AND NOT EXISTS (SELECT FROM (SELECT kind FROM bursar.trace_link
                                   WHERE tenant_id = $1 AND transfer_id = side.id OFFSET 0) AS link
                      WHERE link.kind = 'position')
) AS t ON true
ORDER BY a.id, t.posted_at
