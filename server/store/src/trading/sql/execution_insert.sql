INSERT INTO bursar.trading_execution (tenant_id, id, decision_id, venue, venue_order_id, symbol, side, quantity, price,
                                      fee, executed_at, raw_payload, payload, transfer_ids, key_id, recorded_at)
SELECT $1, new.id, new.decision_id, new.venue, new.venue_order_id, new.symbol, new.side, new.quantity, new.price, new.fee,
       new.executed_at, new.raw_payload, new.payload, new.transfer_ids::uuid[], $14, new.recorded_at
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[],
            $10::numeric[], $11::timestamptz[], $12::bytea[], $13::jsonb[], $15::text[], $16::timestamptz[])
    AS new (id, decision_id, venue, venue_order_id, symbol, side, quantity, price, fee, executed_at, raw_payload, payload,
            transfer_ids, recorded_at)
