-- now() and not clock_timestamp(), which is volatile and so no index condition.
SELECT tenant_id, id
FROM bursar.ledger_hold
WHERE state = 'open' AND expires_at <= now()
  -- An offboarded tenant has no role any more, and nothing of it moves.
  AND to_regrole('app_tenant_' || replace(tenant_id::text, '-', '')) IS NOT NULL
ORDER BY expires_at
LIMIT $1
