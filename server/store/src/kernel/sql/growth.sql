-- Grows by one whenever one of the ledger's tables has doubled.
SELECT COALESCE(sum(floor(log(2, 1 + pg_relation_size(c.oid) / 8192.0))), 0)::bigint AS doublings
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bursar' AND c.relname IN ('ledger_account', 'ledger_hold', 'ledger_transfer')
