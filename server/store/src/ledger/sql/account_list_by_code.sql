SELECT id, asset, scale, code, external_reference, metadata, state, balance_rule, overdraft_limit,
       debits_posted, credits_posted, debits_pending, credits_pending, version, revision, created_at, updated_at
FROM bursar.ledger_account
WHERE tenant_id = $1 AND id > $2 AND code = $4 AND code <> ''
  AND ($3::text IS NULL OR asset = $3) AND ($4::text IS NULL OR code = $4)
  AND ($5::text IS NULL OR external_reference = $5) AND ($6::text IS NULL OR state = $6)
ORDER BY id
LIMIT $7
