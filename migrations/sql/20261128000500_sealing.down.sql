REVOKE SELECT ON bursar.ledger_transfer FROM bursar_jobs;
DROP POLICY IF EXISTS jobs_sealing ON bursar.ledger_transfer;
REVOKE SELECT ON bursar.audit_event FROM bursar_jobs;
DROP POLICY IF EXISTS jobs_sealing ON bursar.audit_event;
DROP TABLE IF EXISTS bursar.audit_seal CASCADE;
