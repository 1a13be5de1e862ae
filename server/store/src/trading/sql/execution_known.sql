-- Each order is looked up on its own (OFFSET 0 keeps the planner from joining the other way round): nearly all are new.
SELECT execution.*
FROM unnest($2::text[], $3::text[]) AS asked (at, reference)
CROSS JOIN LATERAL (
    SELECT id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee, executed_at, raw_payload, payload,
           transfer_ids, recorded_at, key_id
    FROM bursar.trading_execution
    WHERE tenant_id = $1 AND venue = asked.at AND venue_order_id = asked.reference OFFSET 0
) AS execution
