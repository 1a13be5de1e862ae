-- Sealing: a hash chain of each tenant over its audit events and transfers, made after they were committed.

CREATE TABLE IF NOT EXISTS bursar.audit_seal (
    tenant_id uuid        NOT NULL,
    position  bigint      NOT NULL CHECK (position > 0),
    -- Transactions below this one, and not below that of the tenant's seal before.
    upto      bigint      NOT NULL,
    -- How many rows of each kind this seal and all before it hold.
    events    bigint      NOT NULL CHECK (events >= 0),
    transfers bigint      NOT NULL CHECK (transfers >= 0),
    -- 49 bytes a row: kind, id, SHA-256; ordered.
    leaves    bytea       NOT NULL,
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, position)
);
COMMENT ON TABLE bursar.audit_seal IS 'Append-only: each seal holds the hashes of its rows and continues the hash of the one before.';
CREATE UNIQUE INDEX IF NOT EXISTS audit_seal_upto ON bursar.audit_seal (tenant_id, upto);
-- Sealing goes on where it was, for all tenants together.
CREATE INDEX IF NOT EXISTS audit_seal_last ON bursar.audit_seal (upto);
ALTER TABLE bursar.audit_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.audit_seal FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.audit_seal;
CREATE POLICY tenant_own ON bursar.audit_seal
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS jobs_sealing ON bursar.audit_seal;
CREATE POLICY jobs_sealing ON bursar.audit_seal TO bursar_jobs USING (true) WITH CHECK (true);
GRANT SELECT ON bursar.audit_seal TO bursar_tenant;
GRANT SELECT, INSERT ON bursar.audit_seal TO bursar_jobs;
DROP TRIGGER IF EXISTS append_only ON bursar.audit_seal;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

DROP POLICY IF EXISTS jobs_sealing ON bursar.audit_event;
CREATE POLICY jobs_sealing ON bursar.audit_event FOR SELECT TO bursar_jobs USING (true);
GRANT SELECT ON bursar.audit_event TO bursar_jobs;
DROP POLICY IF EXISTS jobs_sealing ON bursar.ledger_transfer;
CREATE POLICY jobs_sealing ON bursar.ledger_transfer FOR SELECT TO bursar_jobs USING (true);
GRANT SELECT ON bursar.ledger_transfer TO bursar_jobs;

SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
