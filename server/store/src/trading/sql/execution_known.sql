SELECT execution.id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee, executed_at, raw_payload, payload,
       transfer_ids, recorded_at, key_id
FROM unnest($2::text[], $3::text[]) AS asked (at, reference)
JOIN bursar.trading_execution AS execution
    ON execution.tenant_id = $1 AND execution.venue = asked.at AND execution.venue_order_id = asked.reference
