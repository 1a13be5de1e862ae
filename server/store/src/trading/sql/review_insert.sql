INSERT INTO bursar.trading_review (tenant_id, id, decision_id, model, verdict, input, response, latency_ms, input_tokens,
                                   output_tokens, key_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING id, decision_id, model, verdict, input, response, latency_ms, input_tokens, output_tokens, created_at, key_id
