-- The lock of periods first, as in posting_lock.
SELECT id, asset, scale, balance_rule, overdraft_limit, state, debits_posted, credits_posted, debits_pending, credits_pending,
       version, last_posted_at
FROM bursar.ledger_account
WHERE tenant_id = $1
  AND (SELECT pg_advisory_xact_lock_shared(hashtext($1::uuid::text), -1)) IS NOT NULL
  AND id = ANY (ARRAY(
      -- A group's members and their sides never change, so they can be read before the lock.
      SELECT unnest(ARRAY[debit_id, credit_id]) FROM bursar.ledger_transfer
      WHERE tenant_id = $1 AND group_id = $2 AND kind = 'pending'))
ORDER BY id
FOR NO KEY UPDATE
