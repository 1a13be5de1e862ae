-- Every row is locked by this transaction, so none can be missed.
UPDATE bursar.ledger_account AS a
SET debits_posted = new.debits_posted, credits_posted = new.credits_posted, debits_pending = new.debits_pending,
    credits_pending = new.credits_pending, version = new.version, last_posted_at = new.last_posted_at
FROM unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::bigint[], $8::timestamptz[])
     AS new (id, debits_posted, credits_posted, debits_pending, credits_pending, version, last_posted_at)
WHERE a.tenant_id = $1 AND a.id = new.id
