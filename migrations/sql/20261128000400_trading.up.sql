-- Trading: strategies, their decisions, executions and reviews of decisions, cursors.

CREATE TABLE IF NOT EXISTS bursar.trading_strategy (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    description text        NOT NULL DEFAULT '',
    definition  jsonb       NOT NULL DEFAULT '{}',
    state       text        NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled')),
    -- How often it changed: the etag.
    revision    bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE bursar.trading_strategy IS 'What decides about trades.';
CREATE UNIQUE INDEX IF NOT EXISTS trading_strategy_name ON bursar.trading_strategy (tenant_id, name);
CREATE INDEX IF NOT EXISTS trading_strategy_state ON bursar.trading_strategy (tenant_id, state, id);
ALTER TABLE bursar.trading_strategy ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_strategy FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trading_strategy;
CREATE POLICY tenant_own ON bursar.trading_strategy
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trading_strategy TO bursar_tenant;
GRANT UPDATE (name, description, definition, state, revision, updated_at) ON bursar.trading_strategy TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.trading_decision (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    strategy_id uuid        NOT NULL,
    symbol      text        NOT NULL,
    side        text        NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity    numeric     NOT NULL CHECK (quantity > 0),
    decision    jsonb       NOT NULL DEFAULT '{}',
    state       text        NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'executed', 'cancelled')),
    -- Why it was cancelled.
    reason      text        NOT NULL DEFAULT '',
    revision    bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_decision_of_strategy FOREIGN KEY (tenant_id, strategy_id)
        REFERENCES bursar.trading_strategy (tenant_id, id)
);
COMMENT ON TABLE bursar.trading_decision IS 'What strategies decided, planned until it is executed or cancelled.';
-- Here and below: a predicate that is always true and that only the lists say keeps look-ups by id, by order and of a
-- foreign key off these while PostgreSQL knows nothing of the table (ADR 12, 4).
CREATE INDEX IF NOT EXISTS trading_decision_time
    ON bursar.trading_decision (tenant_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS trading_decision_strategy
    ON bursar.trading_decision (tenant_id, strategy_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS trading_decision_symbol
    ON bursar.trading_decision (tenant_id, symbol, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS trading_decision_state
    ON bursar.trading_decision (tenant_id, state, created_at, id) WHERE created_at > '-infinity';
ALTER TABLE bursar.trading_decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_decision FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trading_decision;
CREATE POLICY tenant_own ON bursar.trading_decision
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trading_decision TO bursar_tenant;
GRANT UPDATE (state, reason, revision, updated_at) ON bursar.trading_decision TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.trading_execution (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    decision_id    uuid        NOT NULL,
    venue          text        NOT NULL,
    venue_order_id text        NOT NULL,
    symbol         text        NOT NULL,
    side           text        NOT NULL CHECK (side IN ('buy', 'sell')),
    quantity       numeric     NOT NULL CHECK (quantity > 0),
    price          numeric     NOT NULL CHECK (price >= 0),
    fee            numeric     NOT NULL CHECK (fee >= 0),
    executed_at    timestamptz NOT NULL DEFAULT now(),
    -- The report twice: the bytes as they came, and what queries can look into.
    raw_payload    bytea       NOT NULL,
    payload        jsonb       NOT NULL,
    transfer_ids   uuid[]      NOT NULL DEFAULT '{}',
    key_id         uuid        NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_execution_of_decision FOREIGN KEY (tenant_id, decision_id)
        REFERENCES bursar.trading_decision (tenant_id, id)
);
COMMENT ON TABLE bursar.trading_execution IS 'Append-only fills of decisions, one for each id of a venue.';
CREATE UNIQUE INDEX IF NOT EXISTS trading_execution_order ON bursar.trading_execution (tenant_id, venue, venue_order_id)
    WHERE venue_order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS trading_execution_time
    ON bursar.trading_execution (tenant_id, recorded_at, id) WHERE recorded_at > '-infinity';
CREATE INDEX IF NOT EXISTS trading_execution_decision
    ON bursar.trading_execution (tenant_id, decision_id, recorded_at, id) WHERE recorded_at > '-infinity';
CREATE INDEX IF NOT EXISTS trading_execution_venue
    ON bursar.trading_execution (tenant_id, venue, recorded_at, id) WHERE recorded_at > '-infinity';
ALTER TABLE bursar.trading_execution ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_execution FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trading_execution;
CREATE POLICY tenant_own ON bursar.trading_execution
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trading_execution TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.trading_execution;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.trading_execution
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

CREATE TABLE IF NOT EXISTS bursar.trading_review (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    decision_id   uuid        NOT NULL,
    model         text        NOT NULL,
    verdict       text        NOT NULL,
    input         jsonb       NOT NULL,
    response      jsonb       NOT NULL,
    latency_ms    bigint      NOT NULL CHECK (latency_ms >= 0),
    input_tokens  bigint      NOT NULL CHECK (input_tokens >= 0),
    output_tokens bigint      NOT NULL CHECK (output_tokens >= 0),
    key_id        uuid        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_review_of_decision FOREIGN KEY (tenant_id, decision_id)
        REFERENCES bursar.trading_decision (tenant_id, id)
);
COMMENT ON TABLE bursar.trading_review IS 'Append-only reviews of decisions by language models.';
CREATE INDEX IF NOT EXISTS trading_review_time ON bursar.trading_review (tenant_id, created_at, id);
CREATE INDEX IF NOT EXISTS trading_review_decision ON bursar.trading_review (tenant_id, decision_id, created_at, id);
CREATE INDEX IF NOT EXISTS trading_review_model ON bursar.trading_review (tenant_id, model, created_at, id);
CREATE INDEX IF NOT EXISTS trading_review_verdict ON bursar.trading_review (tenant_id, verdict, created_at, id);
ALTER TABLE bursar.trading_review ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_review FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trading_review;
CREATE POLICY tenant_own ON bursar.trading_review
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trading_review TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.trading_review;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.trading_review
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

CREATE TABLE IF NOT EXISTS bursar.trading_cursor (
    tenant_id  uuid        NOT NULL,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
    position   bigint      NOT NULL CHECK (position >= 0),
    -- Whether the last move was forced, and why.
    forced     boolean     NOT NULL DEFAULT false,
    reason     text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
COMMENT ON TABLE bursar.trading_cursor IS 'Named marks of progress; each move is an audit event.';
ALTER TABLE bursar.trading_cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_cursor FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.trading_cursor;
CREATE POLICY tenant_own ON bursar.trading_cursor
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.trading_cursor TO bursar_tenant;
GRANT UPDATE (position, forced, reason, updated_at) ON bursar.trading_cursor TO bursar_tenant;

SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
