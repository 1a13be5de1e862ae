-- Every row is locked by this transaction, so none can be missed and none has moved. By its place, which is found by its id
-- alone: joined with the table itself, the planner may walk all of the tenant's accounts.
UPDATE bursar.ledger_account AS a
SET debits_posted = new.debits_posted, credits_posted = new.credits_posted, debits_pending = new.debits_pending,
    credits_pending = new.credits_pending, version = new.version, last_posted_at = new.last_posted_at
FROM unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::bigint[], $8::timestamptz[])
     AS new (id, debits_posted, credits_posted, debits_pending, credits_pending, version, last_posted_at)
CROSS JOIN LATERAL (SELECT ctid FROM bursar.ledger_account WHERE tenant_id = $1 AND id = new.id OFFSET 0) AS place
WHERE a.ctid = place.ctid AND a.tenant_id = $1
