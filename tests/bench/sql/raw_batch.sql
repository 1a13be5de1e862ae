-- raw_batch: 8,000 rows by one INSERT ... SELECT and one grouped UPDATE of the accounts, in one transaction. The
-- accounts are a hash of a fresh number, so both statements find the same ones without a table between them. In the order of
-- ids, or two batches at once would wait for each other and one of them fail.
\set batch random(1, 1000000000)
BEGIN;
INSERT INTO baseline.transfers (tenant, id, debit, credit, amount, state, debit_after, credit_after)
SELECT
    md5('tenant 0')::uuid, uuidv7(),
    md5((1 + abs(hashint8(n)::bigint) % :accounts)::text)::uuid,
    md5((1 + abs(hashint8(-n)::bigint) % :accounts)::text)::uuid,
    1 + n % 1000, 1, n % 1000000, n % 1000000
FROM generate_series(:batch::bigint * 8000, :batch::bigint * 8000 + 7999) AS n;
UPDATE baseline.accounts AS account
SET debits_posted = debits_posted + moved.debited, credits_posted = credits_posted + moved.credited,
    version = version + moved.transfers
FROM (
    SELECT md5(side.number::text)::uuid AS id, sum(side.debited) AS debited, sum(side.credited) AS credited,
        count(*) AS transfers
    FROM generate_series(:batch::bigint * 8000, :batch::bigint * 8000 + 7999) AS n,
        LATERAL (VALUES
            (1 + abs(hashint8(n)::bigint) % :accounts, 1 + n % 1000, 0),
            (1 + abs(hashint8(-n)::bigint) % :accounts, 0, 1 + n % 1000)
        ) AS side (number, debited, credited)
    GROUP BY side.number
    ORDER BY id
) AS moved
WHERE account.tenant = md5('tenant 0')::uuid AND account.id = moved.id;
COMMIT;
