-- raw_select: the totals of one account.
\set account random(1, :accounts)
SELECT debits_posted, credits_posted, debits_pending, credits_pending, version
FROM baseline.accounts
WHERE tenant = md5('tenant 0')::uuid AND id = md5(:account::text)::uuid;
