-- The lock of periods first, once, whether or not there is such an account: ClosePeriod waits for it. Then row by row in
-- the order of the ids, which come sorted: a row that another transaction changed meanwhile is looked at again by its
-- own id, and not by comparing it with all of them.
SELECT a.*
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT id, asset, scale, balance_rule, overdraft_limit, state, reserved, debits_posted, credits_posted, debits_pending,
           credits_pending, version, last_posted_at
    FROM bursar.ledger_account
    WHERE tenant_id = $1 AND id = wanted.id
    OFFSET 0
    FOR NO KEY UPDATE
) AS a
WHERE (SELECT pg_advisory_xact_lock_shared(hashtext($1::uuid::text), -1)) IS NOT NULL
