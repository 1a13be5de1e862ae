-- position_transition: what TransitionPosition sends for a release of a part, in one transaction. Each client has a position
-- of its own, and pays one of 1,000 accounts.
\set payee random(1, 1000)
BEGIN;
@{enter '$role'::text | '$tenant'::text | ''::text | '30000'::text | '2000'::text},
       uuidv7() AS transfer, uuidv7() AS event, uuidv7() AS audit, uuidv7() AS request,
       md5('theirs ' || :client_id::text)::uuid AS position, md5('payee ' || :payee::text)::uuid AS account \gset
@{position_lock '$tenant'::uuid | :position::uuid} \gset was_
@{operation_find '$tenant'::uuid | :request::uuid};
@{position_terms_held '$tenant'::uuid | :position::uuid};
WITH locked AS (
@{posting_lock '$tenant'::uuid | ARRAY[LEAST(:position::uuid, :account::uuid), GREATEST(:position::uuid, :account::uuid)]}
)
SELECT max(debits_posted) FILTER (WHERE id = :position::uuid) + 0.01 AS own_debits,
       max(credits_posted) FILTER (WHERE id = :position::uuid) AS own_credits,
       max(version) FILTER (WHERE id = :position::uuid) + 1 AS own_version,
       max(debits_posted) FILTER (WHERE id = :account::uuid) AS their_debits,
       max(credits_posted) FILTER (WHERE id = :account::uuid) + 0.01 AS their_credits,
       max(version) FILTER (WHERE id = :account::uuid) + 1 AS their_version
FROM locked \gset
@{posting_known '$tenant'::uuid | ARRAY[:transfer::uuid]};
@{posting_insert_one
  '$tenant'::uuid | :transfer::uuid | 'direct' | :position::uuid | :account::uuid
  | 0.01::numeric | 'escrow.released' | NULL::text
  | jsonb_build_object('position_id', :position::text) | current_date | clock_timestamp()
  | false | NULL::uuid | NULL::uuid | NULL::uuid | NULL::integer | false
  | false | '$key'::uuid | NULL::uuid
  | :own_version::bigint | :own_debits::numeric | :own_credits::numeric | 0::numeric
  | 0::numeric | :their_version::bigint | :their_debits::numeric | :their_credits::numeric
  | 0::numeric | 0::numeric};
@{posting_update
  '$tenant'::uuid | ARRAY[:position::uuid, :account::uuid]
  | ARRAY[:own_debits::numeric, :their_debits::numeric]
  | ARRAY[:own_credits::numeric, :their_credits::numeric] | ARRAY[0::numeric, 0] | ARRAY[0::numeric, 0]
  | ARRAY[:own_version::bigint, :their_version::bigint] | ARRAY[clock_timestamp(), clock_timestamp()]};
@{ledger_event_insert
  '$tenant'::uuid | :transfer::uuid | '$institution'::uuid | :position::uuid | 'released'::text | 'locked'::text
  | 'locked'::text | :position::uuid | :account::uuid | 'EUR'::text | 2::smallint | 0.01::numeric | '{}'::jsonb
  | '$key'::uuid | clock_timestamp()};
@{link_insert '$tenant'::uuid | 'position'::text | ARRAY[:position::uuid] | ARRAY[:transfer::uuid]};
@{position_update
  '$tenant'::uuid | :position::uuid | :was_held::numeric - 0.01 | :was_released::numeric + 0.01 | 0::numeric
  | 'locked'::text | NULL::uuid | NULL::uuid | NULL::uuid | NULL::numeric | :was_revision::bigint + 1 | clock_timestamp()};
@{position_event_insert
  '$tenant'::uuid | :event::uuid | '$institution'::uuid | :position::uuid | :was_revision::bigint + 1
  | 'partly_released'::text | 'locked'::text | 'locked'::text | 2::smallint | 0.01::numeric | :was_held::numeric - 0.01
  | :was_released::numeric + 0.01 | 0::numeric | :account::uuid | ''::text | '{}'::jsonb | ARRAY[:transfer::uuid]
  | '$key'::uuid | clock_timestamp()};
@{audit_insert
  '$tenant'::uuid | ARRAY[:audit::uuid] | '$key'::uuid | NULL::uuid | 'TransitionPosition'::text
  | '/bursar.escrow.v1.PositionService/TransitionPosition'::text | 'position.transition'::text | 'position'::text
  | ARRAY[:position::text] | ARRAY['{"request_id": "00000000-0000-0000-0000-000000000000", "id": "00000000-0000-0000-0000-000000000000", "etag": "1", "state": "POSITION_STATE_RELEASED", "account_id": "00000000-0000-0000-0000-000000000000", "amount": "0.01"}'::jsonb]
  | :request::uuid | now()};
@{operation_insert
  '$tenant'::uuid | :request::uuid | '/bursar.escrow.v1.PositionService/TransitionPosition'::text
  | convert_to(repeat('x', 130), 'UTF8') | convert_to(repeat('x', 700), 'UTF8') | '$key'::uuid};
COMMIT;
