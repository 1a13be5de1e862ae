-- Grows by one whenever one of the ledger's tables has grown sixteenfold: often enough for the choice of an index, and
-- seldom enough for all tenants' statements on all connections to be prepared again.
SELECT COALESCE(sum(floor(log(16, 1 + pg_relation_size(c.oid) / 8192.0))), 0)::bigint AS growth
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bursar' AND c.relname IN ('ledger_account', 'ledger_hold', 'ledger_transfer')
