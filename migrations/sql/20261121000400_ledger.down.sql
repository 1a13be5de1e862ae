-- CASCADE: tenants' reporting views hang on these tables; the next `up` makes them again.
DROP FUNCTION IF EXISTS tenancy.ledger_open_accounts(uuid);
DROP TABLE IF EXISTS bursar.ledger_hold CASCADE;
DROP TABLE IF EXISTS bursar.ledger_transfer CASCADE;
DROP TABLE IF EXISTS bursar.ledger_account CASCADE;
