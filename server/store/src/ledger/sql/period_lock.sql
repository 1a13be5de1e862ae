-- Waits for the postings under way, which hold it shared, and holds up later ones until the commit: nothing can be
-- posted into the period after it was closed. The second key is none of the groups' buckets.
SELECT pg_advisory_xact_lock(hashtext($1::uuid::text), -1)
