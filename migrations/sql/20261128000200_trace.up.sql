-- The money trace: which transfers belong to which resource of another domain.

CREATE TABLE IF NOT EXISTS bursar.trace_link (
    tenant_id   uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('position', 'execution')),
    resource_id uuid        NOT NULL,
    -- Checked by the statement that writes it, like the accounts of a transfer (ADR 1); transfers are never deleted.
    transfer_id uuid        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, kind, resource_id, transfer_id)
);
COMMENT ON TABLE bursar.trace_link IS 'Append-only: transfers of positions and executions, written with what moved the money.';
CREATE INDEX IF NOT EXISTS trace_link_transfer ON bursar.trace_link (tenant_id, transfer_id);
ALTER TABLE bursar.trace_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trace_link FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trace_link;
CREATE POLICY tenant_own ON bursar.trace_link
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trace_link TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.trace_link;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.trace_link
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
