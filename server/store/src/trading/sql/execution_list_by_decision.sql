SELECT id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee, executed_at, raw_payload, payload,
       transfer_ids, recorded_at, key_id
FROM bursar.trading_execution
WHERE tenant_id = $1 AND (recorded_at, id) < ($2, $3) AND recorded_at >= $4 AND recorded_at < $5
  AND recorded_at > '-infinity'
  AND decision_id = $7
  AND COALESCE(venue = $8, $8::text IS NULL)
  AND COALESCE(venue_order_id = $9, $9::text IS NULL)
ORDER BY recorded_at DESC, id DESC
LIMIT $6
