-- position_list: one page by three filters. The connection has the tenant's role from its start.
\set institution random(0, 99)
\set state random(1, 4)
@{position_list_by_institution_state
  '$tenant'::uuid | '0001-01-01'::timestamptz | '00000000-0000-0000-0000-000000000000'::uuid | '0001-01-01'::timestamptz
  | '9998-12-31'::timestamptz | md5('institution ' || :institution::text)::uuid | NULL::uuid | NULL::uuid | NULL::text
  | 'EUR'::text | (ARRAY['proposed', 'released', 'cancelled', 'expired'])[:state::int] | NULL::text | 51::bigint};
