SELECT $1, new.*
FROM unnest(
    $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::numeric[], $7::text[], $8::text[], $9::jsonb[], $10::date[],
    $11::timestamptz[], $12::boolean[], $13::uuid[], $14::uuid[], $15::uuid[], $16::integer[], $17::boolean[],
    $18::boolean[], $19::uuid[], $20::uuid[],
    $21::bigint[], $22::numeric[], $23::numeric[], $24::numeric[], $25::numeric[],
    $26::bigint[], $27::numeric[], $28::numeric[], $29::numeric[], $30::numeric[]) AS new
