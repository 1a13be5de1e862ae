FROM bursar.ledger_transfer t
CROSS JOIN LATERAL (SELECT asset, scale FROM bursar.ledger_account WHERE tenant_id = $1 AND id = t.debit_id OFFSET 0) AS a
LEFT JOIN LATERAL (
    SELECT amount, remaining, state, expires_at, created_at, ended_at
    FROM bursar.ledger_hold WHERE tenant_id = $1 AND id = CASE WHEN t.kind = 'pending' THEN t.id END OFFSET 0
) AS h ON true
WHERE t.tenant_id = $1
      AND t.posted_at >= $7 AND t.posted_at < $8
      AND (t.posted_at, t.id) > ($2, $3) AND t.posted_at >= $2
      AND COALESCE(t.code = $5, $5::text IS NULL) AND COALESCE(t.kind = $6, $6::text IS NULL)
      AND COALESCE(t.external_reference = $9, $9::text IS NULL) AND COALESCE(t.metadata @> $10, $10::jsonb IS NULL)
      AND COALESCE(t.group_id = $11, $11::uuid IS NULL) AND COALESCE(t.pending_id = $12, $12::uuid IS NULL)
      AND t.kind <> 'fenced' AND t.posted_at > '-infinity'
ORDER BY t.posted_at, t.id
LIMIT $4
