-- The lock of periods first, once, whether or not there is such an account: ClosePeriod waits for it.
SELECT id, asset, scale, balance_rule, overdraft_limit, state, debits_posted, credits_posted, debits_pending, credits_pending,
       version, last_posted_at
FROM bursar.ledger_account
WHERE tenant_id = $1
  AND id = ANY ($2 || ARRAY(
      -- Sides never change, so they can be read before the lock.
      SELECT unnest(ARRAY[debit_id, credit_id]) FROM bursar.ledger_transfer WHERE tenant_id = $1 AND id = ANY ($3)))
  AND (SELECT pg_advisory_xact_lock_shared(hashtext($1::uuid::text), -1)) IS NOT NULL
ORDER BY id
FOR NO KEY UPDATE
