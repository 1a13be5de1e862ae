SELECT revision, before, after, key_id, changed_at
FROM bursar.escrow_policy_change
WHERE tenant_id = $1 AND institution_id = $2 AND region = $3 AND revision < $4
ORDER BY revision DESC
LIMIT $5
