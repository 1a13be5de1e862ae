UPDATE bursar.ledger_account
SET code = $3, external_reference = $4, metadata = $5, overdraft_limit = $6, state = $7,
    revision = revision + 1, updated_at = now()
WHERE tenant_id = $1 AND id = $2
RETURNING id, asset, scale, code, external_reference, metadata, state, reserved, balance_rule, overdraft_limit,
       debits_posted, credits_posted, debits_pending, credits_pending, version, revision, created_at, updated_at
