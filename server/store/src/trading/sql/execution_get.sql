SELECT id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee, executed_at, raw_payload, payload,
       transfer_ids, recorded_at, key_id
FROM bursar.trading_execution
WHERE tenant_id = $1 AND id = $2
