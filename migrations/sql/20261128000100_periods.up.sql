-- Accounting periods: days up to which nothing is backdated any more.

CREATE TABLE IF NOT EXISTS bursar.ledger_period (
    tenant_id uuid        NOT NULL,
    -- NULL for a tenant's first period: it runs from the beginning.
    starts_on date,
    ends_on   date        NOT NULL,
    -- No transfer that was posted before the closing has a later posting time, whatever the clock did: a later one was
    -- posted under this closing, so its value date is after ends_on.
    closed_at timestamptz NOT NULL DEFAULT now(),
    key_id    uuid        NOT NULL,
    PRIMARY KEY (tenant_id, ends_on),
    CONSTRAINT ledger_period_order CHECK (starts_on <= ends_on)
);
COMMENT ON TABLE bursar.ledger_period IS 'Closed periods: append-only, each from the day after the one before.';
ALTER TABLE bursar.ledger_period ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_period FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.ledger_period;
CREATE POLICY tenant_own ON bursar.ledger_period
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.ledger_period TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.ledger_period;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.ledger_period
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
