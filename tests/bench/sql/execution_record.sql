-- execution_record: what RecordExecution sends, in one transaction.
BEGIN;
@{enter '$role'::text | '$tenant'::text | ''::text | '30000'::text | '2000'::text},
       uuidv7() AS execution, uuidv7() AS audit, uuidv7() AS request \gset
@{operation_find '$tenant'::uuid | :request::uuid};
@{execution_known '$tenant'::uuid | ARRAY['kraken'] | ARRAY[:execution::text]};
@{decision_known '$tenant'::uuid | ARRAY['$decision'::uuid]};
@{execution_insert
  '$tenant'::uuid | ARRAY[:execution::uuid] | ARRAY['$decision'::uuid] | ARRAY['kraken'] | ARRAY[:execution::text]
  | ARRAY['BTC-EUR'] | ARRAY['buy'] | ARRAY[0.25::numeric] | ARRAY[61234.5::numeric] | ARRAY[0.1::numeric]
  | ARRAY[now()] | ARRAY[convert_to('{ "px": 61234.50, "oid": 18446744073709551616 }', 'UTF8')]
  | ARRAY['{ "px": 61234.50, "oid": 18446744073709551616 }'::jsonb] | '$key'::uuid | ARRAY['{}'::text]
  | ARRAY[clock_timestamp()]};
@{audit_insert
  '$tenant'::uuid | ARRAY[:audit::uuid] | '$key'::uuid | NULL::uuid | 'RecordExecution'::text
  | '/bursar.trading.v1.ExecutionService/RecordExecution'::text | 'execution.record'::text | 'execution'::text
  | ARRAY[:execution::text] | ARRAY['{"request_id": "00000000-0000-0000-0000-000000000000", "execution": {"decision_id": "00000000-0000-0000-0000-000000000000", "venue": "kraken", "venue_order_id": "00000000-0000-0000-0000-000000000000", "symbol": "BTC-EUR", "side": "TRADE_SIDE_BUY", "quantity": "0.25", "price": "61234.5", "fee": "0.1", "raw_payload": "eyAicHgiOiA2MTIzNC41MCwgIm9pZCI6IDE4NDQ2NzQ0MDczNzA5NTUxNjE2IH0="}}'::jsonb]
  | :request::uuid | now()};
@{operation_insert
  '$tenant'::uuid | :request::uuid | '/bursar.trading.v1.ExecutionService/RecordExecution'::text
  | convert_to(repeat('x', 250), 'UTF8') | convert_to(repeat('x', 350), 'UTF8') | '$key'::uuid};
COMMIT;
