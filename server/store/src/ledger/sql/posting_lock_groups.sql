-- Members of a group need not share accounts with another call's, so the accounts' locks do not tell that a group is
-- being used; these do. A fixed number of buckets bounds the locks of a batch. Two keys: apart from the jobs' one-key locks.
SELECT pg_advisory_xact_lock(hashtext($1::uuid::text), bucket)
FROM unnest($2::int[]) AS bucket
