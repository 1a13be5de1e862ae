-- As posting_lock, with both sides of the transfers that are named.
SELECT a.*
FROM (
    SELECT id FROM unnest($2::uuid[]) AS named (id)
    UNION
    -- Sides never change, so they can be read before the lock.
    SELECT side FROM unnest($3::uuid[]) AS related (id)
    CROSS JOIN LATERAL (
        SELECT debit_id, credit_id FROM bursar.ledger_transfer WHERE tenant_id = $1 AND id = related.id OFFSET 0
    ) AS t
    CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) AS sides (side)
    ORDER BY id
) AS wanted
CROSS JOIN LATERAL (
    SELECT id, asset, scale, balance_rule, overdraft_limit, state, reserved, debits_posted, credits_posted, debits_pending,
           credits_pending, version, last_posted_at
    FROM bursar.ledger_account
    WHERE tenant_id = $1 AND id = wanted.id
    OFFSET 0
    FOR NO KEY UPDATE
) AS a
WHERE (SELECT pg_advisory_xact_lock_shared(hashtext($1::uuid::text), -1)) IS NOT NULL
