INSERT INTO bursar.ledger_hold AS h (tenant_id, id, debit_id, credit_id, amount, remaining, state, expires_at, created_at, ended_at)
SELECT $1, new.id, new.debit_id, new.credit_id, new.amount, new.remaining, new.state, new.expires_at, new.created_at,
       COALESCE(new.ended_at, 'infinity')
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[], $7::text[], $8::timestamptz[],
            $9::timestamptz[], $10::timestamptz[])
     AS new (id, debit_id, credit_id, amount, remaining, state, expires_at, created_at, ended_at)
ON CONFLICT (tenant_id, id) DO UPDATE
SET remaining = EXCLUDED.remaining, state = EXCLUDED.state, ended_at = EXCLUDED.ended_at
