SELECT a.*
FROM unnest($2::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT id, asset, scale, code, external_reference, metadata, state, reserved, balance_rule, overdraft_limit,
           debits_posted, credits_posted, debits_pending, credits_pending, version, revision, created_at, updated_at
    FROM bursar.ledger_account WHERE tenant_id = $1 AND id = wanted.id OFFSET 0
) AS a
