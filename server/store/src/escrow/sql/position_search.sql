  AND id = ANY (ARRAY(SELECT tenancy.escrow_search_positions(
      $14::jsonb, $6::uuid, $8::uuid, $7::uuid, $9::text, $10::text, $11::text, $12::text, $4::timestamptz,
      $5::timestamptz, $2::timestamptz, $3::uuid, $13::bigint)))
ORDER BY created_at, id
