-- position_create: what CreatePosition sends, in one transaction.
BEGIN;
@{enter '$role'::text | '$tenant'::text | ''::text | '30000'::text | '2000'::text},
       uuidv7() AS position, uuidv7() AS event, uuidv7() AS audit, uuidv7() AS request \gset
@{operation_find '$tenant'::uuid | :request::uuid};
@{asset_scales '$tenant'::uuid | ARRAY['EUR']};
@{position_terms '$tenant'::uuid | '$asset'::uuid};
@{account_insert
  '$tenant'::uuid | ARRAY[:position::uuid] | ARRAY['EUR'] | ARRAY[2::smallint] | ARRAY['escrow'] | ARRAY[NULL::text]
  | ARRAY[jsonb_build_object('position_id', :position::text)] | ARRAY['debits_must_not_exceed_credits'] | ARRAY[0::numeric]
  | ARRAY[true]};
@{position_insert
  '$tenant'::uuid | :position::uuid | '$institution'::uuid | '$template'::uuid | '$asset'::uuid | 'holder'::text
  | 'EUR'::text | 2::smallint | 100::numeric | NULL::text | '{}'::jsonb | clock_timestamp()};
@{position_event_insert
  '$tenant'::uuid | :event::uuid | '$institution'::uuid | :position::uuid | 1::bigint | 'created'::text | NULL::text
  | 'proposed'::text | 2::smallint | 0::numeric | 0::numeric | 0::numeric | 0::numeric | NULL::uuid | ''::text | '{}'::jsonb
  | ARRAY[]::uuid[] | '$key'::uuid | clock_timestamp()};
@{audit_insert
  '$tenant'::uuid | ARRAY[:audit::uuid] | '$key'::uuid | NULL::uuid | 'CreatePosition'::text
  | '/bursar.escrow.v1.PositionService/CreatePosition'::text | 'position.create'::text | 'position'::text
  | ARRAY[:position::text] | ARRAY['{"request_id": "00000000-0000-0000-0000-000000000000", "asset_id": "00000000-0000-0000-0000-000000000000", "holder_reference": "holder", "amount": {"asset": "EUR", "amount": "100"}}'::jsonb]
  | :request::uuid | now()};
@{operation_insert
  '$tenant'::uuid | :request::uuid | '/bursar.escrow.v1.PositionService/CreatePosition'::text
  | convert_to(repeat('x', 110), 'UTF8') | convert_to(repeat('x', 350), 'UTF8') | '$key'::uuid};
COMMIT;
