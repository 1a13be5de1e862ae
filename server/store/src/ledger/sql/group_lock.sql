-- As posting_lock, for the sides of a group: they never change, so they can be read before the lock.
SELECT a.*
FROM (
    SELECT DISTINCT side
    FROM bursar.ledger_transfer t CROSS JOIN LATERAL (VALUES (t.debit_id), (t.credit_id)) AS sides (side)
    WHERE t.tenant_id = $1 AND t.group_id = $2 AND t.kind = 'pending'
    ORDER BY side
) AS wanted
CROSS JOIN LATERAL (
    SELECT id, asset, scale, balance_rule, overdraft_limit, state, reserved, debits_posted, credits_posted, debits_pending,
           credits_pending, version, last_posted_at
    FROM bursar.ledger_account
    WHERE tenant_id = $1 AND id = wanted.side
    OFFSET 0
    FOR NO KEY UPDATE
) AS a
WHERE (SELECT pg_advisory_xact_lock_shared(hashtext($1::uuid::text), -1)) IS NOT NULL
