INSERT INTO bursar.ledger_account (tenant_id, id, asset, scale, code, external_reference, metadata, balance_rule,
                                   overdraft_limit, reserved)
SELECT $1, new.*
FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::numeric[],
            $10::boolean[]) AS new
RETURNING id, asset, scale, code, external_reference, metadata, state, reserved, balance_rule, overdraft_limit,
       debits_posted, credits_posted, debits_pending, credits_pending, version, revision, created_at, updated_at
