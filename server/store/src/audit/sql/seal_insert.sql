INSERT INTO bursar.audit_seal (tenant_id, position, upto, events, transfers, leaves, hash, sealed_at)
SELECT new.tenant_id, new.position, $8, new.events, new.transfers, new.leaves, new.hash, $7
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[])
     AS new (tenant_id, position, events, transfers, leaves, hash)
