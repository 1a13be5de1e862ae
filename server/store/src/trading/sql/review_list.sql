SELECT id, decision_id, model, verdict, input, response, latency_ms, input_tokens, output_tokens, created_at, key_id
FROM bursar.trading_review
WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) AND created_at >= $4 AND created_at < $5
  AND COALESCE(decision_id = $7, $7::uuid IS NULL)
  AND COALESCE(model = $8, $8::text IS NULL)
  AND COALESCE(verdict = $9, $9::text IS NULL)
ORDER BY created_at DESC, id DESC
LIMIT $6
