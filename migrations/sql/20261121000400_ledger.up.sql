-- The double-entry ledger: accounts with their totals, append-only transfers, holds.

CREATE TABLE IF NOT EXISTS bursar.ledger_account (
    tenant_id          uuid        NOT NULL,
    id                 uuid        NOT NULL,
    asset              text        NOT NULL,
    -- The asset's, copied: it never changes and every posting needs it.
    scale              smallint    NOT NULL CHECK (scale BETWEEN 0 AND 18),
    code               text        NOT NULL DEFAULT '',
    external_reference text,
    metadata           jsonb       NOT NULL DEFAULT '{}',
    state              text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    -- Belongs to a row of another domain, an escrow position's say: only that domain's own calls move its money.
    reserved           boolean     NOT NULL DEFAULT false,
    balance_rule       text        NOT NULL DEFAULT 'unlimited' CHECK (balance_rule IN
                           ('unlimited', 'debits_must_not_exceed_credits', 'credits_must_not_exceed_debits')),
    overdraft_limit    numeric     NOT NULL DEFAULT 0 CHECK (overdraft_limit >= 0),
    debits_posted      numeric     NOT NULL DEFAULT 0 CHECK (debits_posted >= 0),
    credits_posted     numeric     NOT NULL DEFAULT 0 CHECK (credits_posted >= 0),
    debits_pending     numeric     NOT NULL DEFAULT 0 CHECK (debits_pending >= 0),
    credits_pending    numeric     NOT NULL DEFAULT 0 CHECK (credits_pending >= 0),
    -- How many transfers touched it: orders its history.
    version            bigint      NOT NULL DEFAULT 0,
    -- How often attributes or state changed: the etag.
    revision           bigint      NOT NULL DEFAULT 1,
    last_posted_at     timestamptz NOT NULL DEFAULT now(),
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- The database's own word on the limit, beside the posting rules'.
    CONSTRAINT ledger_account_debit_rule CHECK (balance_rule <> 'debits_must_not_exceed_credits'
        OR debits_posted + debits_pending <= credits_posted + overdraft_limit),
    CONSTRAINT ledger_account_credit_rule CHECK (balance_rule <> 'credits_must_not_exceed_debits'
        OR credits_posted + credits_pending <= debits_posted + overdraft_limit)
) WITH (fillfactor = 70);
COMMENT ON TABLE bursar.ledger_account IS 'Accounts of one asset each, with running totals in natural units.';
CREATE UNIQUE INDEX IF NOT EXISTS ledger_account_reference ON bursar.ledger_account (tenant_id, external_reference)
    WHERE external_reference IS NOT NULL;
-- Partial, though the column is never null, as others below: `asset = …` implies it, so it serves who asks for an asset
-- and is no choice for anybody else. Without statistics the planner would take it for a look-up by id, and walk it all.
CREATE INDEX IF NOT EXISTS ledger_account_asset ON bursar.ledger_account (tenant_id, asset, id) WHERE asset IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_account_code ON bursar.ledger_account (tenant_id, code, id) WHERE code <> '';
ALTER TABLE bursar.ledger_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_account FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.ledger_account;
CREATE POLICY tenant_own ON bursar.ledger_account
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
-- For ledger_open_accounts below.
DROP POLICY IF EXISTS owner_count ON bursar.ledger_account;
CREATE POLICY owner_count ON bursar.ledger_account FOR SELECT TO bursar_owner USING (true);
GRANT SELECT, INSERT ON bursar.ledger_account TO bursar_tenant;
GRANT UPDATE (code, external_reference, metadata, state, overdraft_limit, debits_posted, credits_posted,
              debits_pending, credits_pending, version, revision, last_posted_at, updated_at)
    ON bursar.ledger_account TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.ledger_transfer (
    tenant_id              uuid        NOT NULL,
    id                     uuid        NOT NULL,
    -- 'fenced' is a tombstone: the id can never be used; accounts are nil, amounts 0.
    kind                   text        NOT NULL CHECK (kind IN
                               ('direct', 'pending', 'post', 'void', 'expire', 'reversal', 'fenced')),
    debit_id               uuid        NOT NULL,
    credit_id              uuid        NOT NULL,
    amount                 numeric     NOT NULL,
    code                   text        NOT NULL DEFAULT '',
    external_reference     text,
    metadata               jsonb,
    value_date             date        NOT NULL,
    -- Strictly increasing within an account, so that a time names one state of it.
    posted_at              timestamptz NOT NULL DEFAULT now(),
    -- Whether the value date is another day than the posting day (UTC): balances by value date correct for these.
    shifted                boolean     NOT NULL,
    pending_id             uuid,
    reversed_id            uuid,
    group_id               uuid,
    timeout_seconds        integer,
    -- As asked for, so that a replay can be told from a reused id: post the rest, release the rest.
    whole                  boolean     NOT NULL DEFAULT false,
    release_remainder      boolean     NOT NULL DEFAULT false,
    key_id                 uuid        NOT NULL,
    institution_id         uuid,
    debit_version          bigint      NOT NULL,
    debit_debits_posted    numeric     NOT NULL,
    debit_credits_posted   numeric     NOT NULL,
    debit_debits_pending   numeric     NOT NULL,
    debit_credits_pending  numeric     NOT NULL,
    credit_version         bigint      NOT NULL,
    credit_debits_posted   numeric     NOT NULL,
    credit_credits_posted  numeric     NOT NULL,
    credit_debits_pending  numeric     NOT NULL,
    credit_credits_pending numeric     NOT NULL,
    xact                   xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_transfer_amount CHECK (amount > 0 OR kind = 'fenced'),
    CONSTRAINT ledger_transfer_sides CHECK (debit_id <> credit_id OR kind = 'fenced')
);
COMMENT ON TABLE bursar.ledger_transfer IS 'Append-only transfers with the totals they left on both sides.';
-- As audit_event_xact.
CREATE INDEX IF NOT EXISTS ledger_transfer_xact ON bursar.ledger_transfer USING brin ((xact::text::bigint)) WITH (autosummarize = on);
CREATE INDEX IF NOT EXISTS ledger_transfer_debit ON bursar.ledger_transfer (tenant_id, debit_id, posted_at)
    WHERE debit_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_transfer_credit ON bursar.ledger_transfer (tenant_id, credit_id, posted_at)
    WHERE credit_id IS NOT NULL;
-- Only for those who say so, as is always true: an account's list does not.
CREATE INDEX IF NOT EXISTS ledger_transfer_time ON bursar.ledger_transfer (tenant_id, posted_at, id)
    WHERE posted_at > '-infinity';
CREATE INDEX IF NOT EXISTS ledger_transfer_debit_shifted
    ON bursar.ledger_transfer (tenant_id, debit_id, value_date, posted_at) WHERE shifted AND debit_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_transfer_credit_shifted
    ON bursar.ledger_transfer (tenant_id, credit_id, value_date, posted_at) WHERE shifted AND credit_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_transfer_reference
    ON bursar.ledger_transfer (tenant_id, external_reference, posted_at, id) WHERE external_reference IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_transfer_pending
    ON bursar.ledger_transfer (tenant_id, pending_id, posted_at, id) WHERE pending_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ledger_transfer_reversed
    ON bursar.ledger_transfer (tenant_id, reversed_id) WHERE reversed_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_transfer_group
    ON bursar.ledger_transfer (tenant_id, group_id, posted_at, id) WHERE group_id IS NOT NULL;
ALTER TABLE bursar.ledger_transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_transfer FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.ledger_transfer;
CREATE POLICY tenant_own ON bursar.ledger_transfer
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
GRANT SELECT, INSERT ON bursar.ledger_transfer TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.ledger_transfer;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.ledger_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

CREATE TABLE IF NOT EXISTS bursar.ledger_hold (
    tenant_id  uuid        NOT NULL,
    -- The pending transfer's id.
    id         uuid        NOT NULL,
    debit_id   uuid        NOT NULL,
    credit_id  uuid        NOT NULL,
    amount     numeric     NOT NULL CHECK (amount > 0),
    remaining  numeric     NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    state      text        NOT NULL CHECK (state IN ('open', 'posted', 'voided', 'expired')),
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Infinity while open, so that one index answers `open at that time` for now and for the past.
    ended_at   timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_hold_ended CHECK ((state = 'open') = (ended_at = 'infinity') AND (state = 'open') = (remaining > 0))
);
COMMENT ON TABLE bursar.ledger_hold IS 'What changes about a pending transfer: how much is still reserved.';
CREATE INDEX IF NOT EXISTS ledger_hold_debit ON bursar.ledger_hold (tenant_id, debit_id, ended_at) WHERE debit_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_hold_credit ON bursar.ledger_hold (tenant_id, credit_id, ended_at) WHERE credit_id IS NOT NULL;
-- The expiry job looks across tenants.
CREATE INDEX IF NOT EXISTS ledger_hold_due ON bursar.ledger_hold (expires_at) WHERE state = 'open' AND expires_at IS NOT NULL;
ALTER TABLE bursar.ledger_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_hold FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.ledger_hold;
CREATE POLICY tenant_own ON bursar.ledger_hold
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS jobs_expiry ON bursar.ledger_hold;
CREATE POLICY jobs_expiry ON bursar.ledger_hold FOR SELECT TO bursar_jobs USING (true);
GRANT SELECT, INSERT ON bursar.ledger_hold TO bursar_tenant;
GRANT UPDATE (remaining, state, ended_at) ON bursar.ledger_hold TO bursar_tenant;
GRANT SELECT (tenant_id, id, state, expires_at) ON bursar.ledger_hold TO bursar_jobs;

-- For offboarding: the platform learns a number, no tenant's data.
CREATE OR REPLACE FUNCTION tenancy.ledger_open_accounts(tenant uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT count(*) FROM bursar.ledger_account
    WHERE tenant_id = tenant
      AND (debits_posted <> credits_posted OR debits_pending <> 0 OR credits_pending <> 0)
$$;
REVOKE ALL ON FUNCTION tenancy.ledger_open_accounts(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.ledger_open_accounts(uuid) TO bursar_platform;

-- Tenants made before this migration get the new tables' views too.
SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
