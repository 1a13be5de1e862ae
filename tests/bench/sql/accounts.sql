-- Fills the plain layout: tenant 0 with $accounts, and $tenants more with $each. Ids are the hash of a number, so that
-- a script knows them without a look-up and they lie at random in the key, as a caller's UUIDs do.
INSERT INTO baseline.accounts (tenant, id)
SELECT md5('tenant 0')::uuid, md5(n::text)::uuid FROM generate_series(1, $accounts) AS n;

INSERT INTO baseline.accounts (tenant, id)
SELECT md5('tenant ' || t)::uuid, md5(n::text)::uuid
FROM generate_series(1, $tenants) AS t, generate_series(1, $each) AS n;
