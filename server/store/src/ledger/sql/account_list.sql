SELECT id, asset, scale, code, external_reference, metadata, state, reserved, balance_rule, overdraft_limit,
       debits_posted, credits_posted, debits_pending, credits_pending, version, revision, created_at, updated_at
FROM bursar.ledger_account
WHERE tenant_id = $1 AND id > $2
  AND COALESCE(asset = $3, $3::text IS NULL) AND COALESCE(code = $4, $4::text IS NULL)
  AND COALESCE(external_reference = $5, $5::text IS NULL) AND COALESCE(state = $6, $6::text IS NULL)
ORDER BY id
LIMIT $7
