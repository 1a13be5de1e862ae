-- What every domain uses: remembered operations (idempotency) and the audit trail.

CREATE TABLE IF NOT EXISTS bursar.operation_record (
    tenant_id   uuid        NOT NULL,
    request_id  uuid        NOT NULL,
    -- NULL method: fenced, so that no call with this id can commit any more.
    method      text,
    request     bytea,
    reply       bytea,
    key_id      uuid        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, request_id),
    CONSTRAINT operation_record_whole CHECK (num_nulls(method, request, reply) IN (0, 3))
);
COMMENT ON TABLE bursar.operation_record IS 'Request ids with the first reply, kept 30 days unless configured.';
-- Retention looks across tenants.
CREATE INDEX IF NOT EXISTS operation_record_age ON bursar.operation_record (recorded_at);
ALTER TABLE bursar.operation_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.operation_record FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.operation_record;
CREATE POLICY tenant_own ON bursar.operation_record
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS jobs_retention ON bursar.operation_record;
CREATE POLICY jobs_retention ON bursar.operation_record TO bursar_jobs USING (true);
GRANT SELECT, INSERT ON bursar.operation_record TO bursar_tenant;
GRANT SELECT (tenant_id, request_id, recorded_at), DELETE ON bursar.operation_record TO bursar_jobs;

CREATE TABLE IF NOT EXISTS bursar.audit_event (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    key_id         uuid        NOT NULL,
    institution_id uuid,
    method         text        NOT NULL,
    path           text        NOT NULL,
    action         text        NOT NULL,
    resource_type  text        NOT NULL,
    resource_id    text        NOT NULL,
    payload        jsonb       NOT NULL,
    request_id     uuid,
    occurred_at    timestamptz NOT NULL DEFAULT now(),
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    -- For the change feed and sealing: which rows were committed before which.
    xact           xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE bursar.audit_event IS 'Who changed what, in the same transaction as the change. Transfers are their own record.';
-- Sealing finds rows by the transaction that wrote them. A BRIN index, for it costs next to nothing to write (ADR 15); by
-- an expression, for there is no BRIN of xid8.
CREATE INDEX IF NOT EXISTS audit_event_xact ON bursar.audit_event USING brin ((xact::text::bigint)) WITH (autosummarize = on);
-- The predicates of the lists' indexes are always true: they keep look-ups by id off them (ADR 12, 4).
CREATE INDEX IF NOT EXISTS audit_event_time
    ON bursar.audit_event (tenant_id, recorded_at, id) WHERE recorded_at > '-infinity';
CREATE INDEX IF NOT EXISTS audit_event_key
    ON bursar.audit_event (tenant_id, key_id, recorded_at, id) WHERE key_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_event_institution ON bursar.audit_event (tenant_id, institution_id, recorded_at, id)
    WHERE institution_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_event_action
    ON bursar.audit_event (tenant_id, action, recorded_at, id) WHERE action IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_event_resource_type
    ON bursar.audit_event (tenant_id, resource_type, recorded_at, id) WHERE resource_type IS NOT NULL;
CREATE INDEX IF NOT EXISTS audit_event_resource
    ON bursar.audit_event (tenant_id, resource_type, resource_id, recorded_at, id) WHERE resource_id IS NOT NULL;
ALTER TABLE bursar.audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.audit_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.audit_event;
CREATE POLICY tenant_own ON bursar.audit_event
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.audit_event TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.audit_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
