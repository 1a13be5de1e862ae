-- Escrow: institutions, what they hold for others, and the life of each position.

-- The institution this transaction's key is narrowed to; NULL for a key of the whole tenant.
CREATE OR REPLACE FUNCTION tenancy.current_institution() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('app.institution_id', true), '')::uuid;

CREATE TABLE IF NOT EXISTS bursar.escrow_institution (
    tenant_id  uuid        NOT NULL,
    id         uuid        NOT NULL,
    code       text        NOT NULL CHECK (char_length(code) BETWEEN 1 AND 64),
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    metadata   jsonb       NOT NULL DEFAULT '{}',
    -- How often it changed: the etag.
    revision   bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_institution IS 'Who holds assets for others.';
CREATE UNIQUE INDEX IF NOT EXISTS escrow_institution_code ON bursar.escrow_institution (tenant_id, code);
-- An always true predicate, here and below, keeps look-ups by id off an index of lists (ADR 12, 4).
CREATE INDEX IF NOT EXISTS escrow_institution_name
    ON bursar.escrow_institution (tenant_id, name, id) WHERE name IS NOT NULL;
-- The tenant is part of each path in these indexes, so one tenant's search never meets another's entries.
CREATE INDEX IF NOT EXISTS escrow_institution_metadata ON bursar.escrow_institution
    USING gin (jsonb_set('{}', ARRAY[tenant_id::text], metadata) jsonb_path_ops);
-- Here and below: a key narrowed to an institution sees and changes that one's rows alone.
ALTER TABLE bursar.escrow_institution ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_institution FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_institution;
CREATE POLICY tenant_own ON bursar.escrow_institution
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND id = COALESCE((SELECT tenancy.current_institution()), id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND id = COALESCE((SELECT tenancy.current_institution()), id));
GRANT SELECT, INSERT ON bursar.escrow_institution TO bursar_tenant;
GRANT UPDATE (code, name, metadata, revision, updated_at) ON bursar.escrow_institution TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_institution_tag (
    tenant_id      uuid NOT NULL,
    institution_id uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('region', 'vertical')),
    value          text NOT NULL CHECK (char_length(value) BETWEEN 1 AND 64),
    PRIMARY KEY (tenant_id, institution_id, kind, value),
    CONSTRAINT escrow_institution_tag_institution
        FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_institution_tag IS 'Regions and verticals of an institution: rows, so that a list by one has an index.';
CREATE INDEX IF NOT EXISTS escrow_institution_tag_value
    ON bursar.escrow_institution_tag (tenant_id, kind, value, institution_id) WHERE value IS NOT NULL;
ALTER TABLE bursar.escrow_institution_tag ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_institution_tag FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_institution_tag;
CREATE POLICY tenant_own ON bursar.escrow_institution_tag
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT, DELETE ON bursar.escrow_institution_tag TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_asset_template (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    institution_id uuid        NOT NULL,
    code           text        NOT NULL CHECK (char_length(code) BETWEEN 1 AND 64),
    name           text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    vertical       text        NOT NULL DEFAULT '',
    region         text        NOT NULL DEFAULT '',
    config         jsonb       NOT NULL DEFAULT '{}',
    revision       bigint      NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_asset_template_institution
        FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_asset_template IS 'Kinds of asset an institution holds, with the rules for positions in them.';
CREATE UNIQUE INDEX IF NOT EXISTS escrow_asset_template_code
    ON bursar.escrow_asset_template (tenant_id, institution_id, code);
-- Unique for the assets' foreign key, and the list of one institution.
CREATE UNIQUE INDEX IF NOT EXISTS escrow_asset_template_own
    ON bursar.escrow_asset_template (tenant_id, institution_id, id);
CREATE INDEX IF NOT EXISTS escrow_asset_template_by_code
    ON bursar.escrow_asset_template (tenant_id, code, id) WHERE code IS NOT NULL;
CREATE INDEX IF NOT EXISTS escrow_asset_template_name
    ON bursar.escrow_asset_template (tenant_id, name, id) WHERE name IS NOT NULL;
CREATE INDEX IF NOT EXISTS escrow_asset_template_vertical
    ON bursar.escrow_asset_template (tenant_id, vertical, id) WHERE vertical IS NOT NULL;
CREATE INDEX IF NOT EXISTS escrow_asset_template_region
    ON bursar.escrow_asset_template (tenant_id, region, id) WHERE region IS NOT NULL;
CREATE INDEX IF NOT EXISTS escrow_asset_template_config ON bursar.escrow_asset_template
    USING gin (jsonb_set('{}', ARRAY[tenant_id::text], config) jsonb_path_ops);
ALTER TABLE bursar.escrow_asset_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_asset_template FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_asset_template;
CREATE POLICY tenant_own ON bursar.escrow_asset_template
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_asset_template TO bursar_tenant;
GRANT UPDATE (code, name, vertical, region, config, revision, updated_at)
    ON bursar.escrow_asset_template TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_asset (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    institution_id uuid        NOT NULL,
    -- Never changes: positions copy it.
    template_id    uuid        NOT NULL,
    label          text        NOT NULL CHECK (char_length(label) BETWEEN 1 AND 200),
    metadata       jsonb       NOT NULL DEFAULT '{}',
    revision       bigint      NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- A template of the same institution, whatever the service believes.
    CONSTRAINT escrow_asset_template_own FOREIGN KEY (tenant_id, institution_id, template_id)
        REFERENCES bursar.escrow_asset_template (tenant_id, institution_id, id)
);
COMMENT ON TABLE bursar.escrow_asset IS 'Single things that positions are held for.';
CREATE UNIQUE INDEX IF NOT EXISTS escrow_asset_own
    ON bursar.escrow_asset (tenant_id, institution_id, template_id, id);
CREATE INDEX IF NOT EXISTS escrow_asset_institution
    ON bursar.escrow_asset (tenant_id, institution_id, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_asset_by_template
    ON bursar.escrow_asset (tenant_id, template_id, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_asset_label
    ON bursar.escrow_asset (tenant_id, label, id) WHERE label IS NOT NULL;
CREATE INDEX IF NOT EXISTS escrow_asset_metadata ON bursar.escrow_asset
    USING gin (jsonb_set('{}', ARRAY[tenant_id::text], metadata) jsonb_path_ops);
ALTER TABLE bursar.escrow_asset ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_asset FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_asset;
CREATE POLICY tenant_own ON bursar.escrow_asset
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_asset TO bursar_tenant;
GRANT UPDATE (label, metadata, revision, updated_at) ON bursar.escrow_asset TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_policy (
    tenant_id         uuid        NOT NULL,
    institution_id    uuid        NOT NULL,
    region            text        NOT NULL,
    -- NULL: all states.
    allowed_states    text[],
    -- By asset code, decimal strings; an asset that is not named has none.
    minimum_amounts   jsonb       NOT NULL DEFAULT '{}',
    required_metadata text[]      NOT NULL DEFAULT '{}',
    four_eyes         boolean     NOT NULL DEFAULT false,
    revision          bigint      NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, institution_id, region),
    CONSTRAINT escrow_policy_institution
        FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_policy IS 'What an institution asks of positions whose template is of a region.';
CREATE INDEX IF NOT EXISTS escrow_policy_region ON bursar.escrow_policy (tenant_id, region, institution_id);
ALTER TABLE bursar.escrow_policy ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_policy FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_policy;
CREATE POLICY tenant_own ON bursar.escrow_policy
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_policy TO bursar_tenant;
GRANT UPDATE (allowed_states, minimum_amounts, required_metadata, four_eyes, revision, updated_at)
    ON bursar.escrow_policy TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_policy_change (
    tenant_id      uuid        NOT NULL,
    institution_id uuid        NOT NULL,
    region         text        NOT NULL,
    -- The policy's after the change.
    revision       bigint      NOT NULL,
    -- The policy's fields as they were; NULL for its first setting.
    before         jsonb,
    after          jsonb       NOT NULL,
    key_id         uuid        NOT NULL,
    changed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, institution_id, region, revision),
    CONSTRAINT escrow_policy_change_policy FOREIGN KEY (tenant_id, institution_id, region)
        REFERENCES bursar.escrow_policy (tenant_id, institution_id, region)
);
COMMENT ON TABLE bursar.escrow_policy_change IS 'Append-only history of policies: who, when, what before.';
ALTER TABLE bursar.escrow_policy_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_policy_change FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_policy_change;
CREATE POLICY tenant_own ON bursar.escrow_policy_change
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_policy_change TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.escrow_policy_change;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.escrow_policy_change
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

CREATE TABLE IF NOT EXISTS bursar.escrow_position (
    tenant_id           uuid        NOT NULL,
    id                  uuid        NOT NULL,
    institution_id      uuid        NOT NULL,
    template_id         uuid        NOT NULL,
    asset_id            uuid        NOT NULL,
    holder_reference    text        NOT NULL CHECK (char_length(holder_reference) BETWEEN 1 AND 200),
    currency            text        NOT NULL,
    scale               smallint    NOT NULL CHECK (scale BETWEEN 0 AND 18),
    amount              numeric     NOT NULL CHECK (amount > 0),
    held                numeric     NOT NULL DEFAULT 0 CHECK (held >= 0),
    released            numeric     NOT NULL DEFAULT 0 CHECK (released >= 0),
    refunded            numeric     NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    state               text        NOT NULL DEFAULT 'proposed' CHECK (state IN
        ('proposed', 'funded', 'locked', 'disputed', 'released', 'refunded', 'cancelled', 'expired')),
    external_reference  text,
    metadata            jsonb       NOT NULL DEFAULT '{}',
    -- The ledger account that funded it. The one that holds its money has the position's own id.
    funding_account_id  uuid,
    -- A release that waits for a second pair of eyes.
    proposal_key_id     uuid,
    proposal_account_id uuid,
    proposal_amount     numeric,
    revision            bigint      NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_position_asset FOREIGN KEY (tenant_id, institution_id, template_id, asset_id)
        REFERENCES bursar.escrow_asset (tenant_id, institution_id, template_id, id),
    -- The database's own word that nothing pays out more than it holds: funded in whole, then every part is somewhere.
    CONSTRAINT escrow_position_sums CHECK (held + released + refunded IN (0, amount)),
    CONSTRAINT escrow_position_over CHECK (held = 0 OR state IN ('funded', 'locked', 'disputed')),
    CONSTRAINT escrow_position_proposal
        CHECK (num_nulls(proposal_key_id, proposal_account_id, proposal_amount) IN (0, 3))
) WITH (fillfactor = 80);
COMMENT ON TABLE bursar.escrow_position IS 'What is held for a holder, and where in its life it is.';
CREATE UNIQUE INDEX IF NOT EXISTS escrow_position_reference
    ON bursar.escrow_position (tenant_id, institution_id, external_reference) WHERE external_reference IS NOT NULL;
-- Here and below: a predicate that is always true and that only the lists say keeps look-ups by id off these while
-- PostgreSQL knows nothing of the table (ADR 12, 4). Of equals it takes the newest then: the narrower index comes last.
CREATE INDEX IF NOT EXISTS escrow_position_created
    ON bursar.escrow_position (tenant_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_currency
    ON bursar.escrow_position (tenant_id, currency, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_state
    ON bursar.escrow_position (tenant_id, state, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_template
    ON bursar.escrow_position (tenant_id, template_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_holder
    ON bursar.escrow_position (tenant_id, holder_reference, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_institution
    ON bursar.escrow_position (tenant_id, institution_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_for_asset
    ON bursar.escrow_position (tenant_id, asset_id, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_institution_state
    ON bursar.escrow_position (tenant_id, institution_id, state, created_at, id) WHERE created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_by_reference
    ON bursar.escrow_position (tenant_id, external_reference, created_at, id) WHERE external_reference IS NOT NULL AND created_at > '-infinity';
CREATE INDEX IF NOT EXISTS escrow_position_metadata ON bursar.escrow_position
    USING gin (jsonb_set('{}', ARRAY[tenant_id::text], metadata) jsonb_path_ops);
ALTER TABLE bursar.escrow_position ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_position FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_position;
CREATE POLICY tenant_own ON bursar.escrow_position
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_position TO bursar_tenant;
GRANT UPDATE (held, released, refunded, state, funding_account_id, proposal_key_id, proposal_account_id,
              proposal_amount, revision, updated_at)
    ON bursar.escrow_position TO bursar_tenant;

CREATE TABLE IF NOT EXISTS bursar.escrow_position_event (
    tenant_id      uuid        NOT NULL,
    id             uuid        NOT NULL,
    institution_id uuid        NOT NULL,
    position_id    uuid        NOT NULL,
    -- The position's after it: orders its events.
    revision       bigint      NOT NULL,
    kind           text        NOT NULL CHECK (kind IN
        ('created', 'moved', 'partly_released', 'partly_refunded', 'release_proposed')),
    -- NULL for the first.
    previous_state text,
    state          text        NOT NULL,
    scale          smallint    NOT NULL,
    amount         numeric     NOT NULL DEFAULT 0 CHECK (amount >= 0),
    -- The position's after it, so that one event answers what was at a time.
    held           numeric     NOT NULL CHECK (held >= 0),
    released       numeric     NOT NULL CHECK (released >= 0),
    refunded       numeric     NOT NULL CHECK (refunded >= 0),
    -- The account that the call named: where money came from, went or is proposed to go.
    account_id     uuid,
    reason         text        NOT NULL DEFAULT '',
    metadata       jsonb       NOT NULL DEFAULT '{}',
    transfer_ids   uuid[]      NOT NULL DEFAULT '{}',
    key_id         uuid        NOT NULL,
    -- Strictly increasing within a position, so that a time names one state of it.
    occurred_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_position_event_position
        FOREIGN KEY (tenant_id, position_id) REFERENCES bursar.escrow_position (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_position_event IS 'Append-only: all that happened to a position.';
CREATE UNIQUE INDEX IF NOT EXISTS escrow_position_event_order
    ON bursar.escrow_position_event (tenant_id, position_id, revision);
CREATE INDEX IF NOT EXISTS escrow_position_event_time
    ON bursar.escrow_position_event (tenant_id, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_position_event_institution
    ON bursar.escrow_position_event (tenant_id, institution_id, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_position_event_kind
    ON bursar.escrow_position_event (tenant_id, kind, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_position_event_position
    ON bursar.escrow_position_event (tenant_id, position_id, occurred_at, id);
ALTER TABLE bursar.escrow_position_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_position_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_position_event;
CREATE POLICY tenant_own ON bursar.escrow_position_event
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_position_event TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.escrow_position_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.escrow_position_event
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

CREATE TABLE IF NOT EXISTS bursar.escrow_ledger_event (
    tenant_id      uuid        NOT NULL,
    -- The transfer's: one event for each.
    id             uuid        NOT NULL,
    institution_id uuid        NOT NULL,
    position_id    uuid        NOT NULL,
    kind           text        NOT NULL CHECK (kind IN ('funded', 'released', 'refunded')),
    previous_state text        NOT NULL,
    state          text        NOT NULL,
    debit_id       uuid        NOT NULL,
    credit_id      uuid        NOT NULL,
    currency       text        NOT NULL,
    scale          smallint    NOT NULL,
    amount         numeric     NOT NULL CHECK (amount > 0),
    payload        jsonb       NOT NULL DEFAULT '{}',
    key_id         uuid        NOT NULL,
    occurred_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_ledger_event_position
        FOREIGN KEY (tenant_id, position_id) REFERENCES bursar.escrow_position (tenant_id, id)
);
COMMENT ON TABLE bursar.escrow_ledger_event IS 'Append-only: what positions moved in the ledger.';
CREATE INDEX IF NOT EXISTS escrow_ledger_event_time ON bursar.escrow_ledger_event (tenant_id, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_ledger_event_institution
    ON bursar.escrow_ledger_event (tenant_id, institution_id, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_ledger_event_kind
    ON bursar.escrow_ledger_event (tenant_id, kind, occurred_at, id);
CREATE INDEX IF NOT EXISTS escrow_ledger_event_for_position
    ON bursar.escrow_ledger_event (tenant_id, position_id, occurred_at, id);
ALTER TABLE bursar.escrow_ledger_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_ledger_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.escrow_ledger_event;
CREATE POLICY tenant_own ON bursar.escrow_ledger_event
    USING (tenant_id = (SELECT tenancy.current_tenant())
           AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant())
                AND institution_id = COALESCE((SELECT tenancy.current_institution()), institution_id));
GRANT SELECT, INSERT ON bursar.escrow_ledger_event TO bursar_tenant;
DROP TRIGGER IF EXISTS append_only ON bursar.escrow_ledger_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bursar.escrow_ledger_event
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();

-- Searches by containment: the ids of one page. They run as bursar_search, past row-level security, because its
-- barrier keeps `@>` from the index; so tenant and institution stand in each. Parameters by number, and a plan for
-- each call: filters that are NULL fall away, and the statistics of what is left choose the index.
GRANT SELECT ON bursar.escrow_institution, bursar.escrow_institution_tag, bursar.escrow_asset_template,
    bursar.escrow_asset, bursar.escrow_position TO bursar_search;

-- contains, code, name, region, vertical, after, most
CREATE OR REPLACE FUNCTION tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenant constant uuid := tenancy.current_tenant();
    narrowed constant uuid := tenancy.current_institution();
BEGIN
    RETURN QUERY
    SELECT i.id FROM bursar.escrow_institution i
    WHERE i.tenant_id = tenant AND (narrowed IS NULL OR i.id = narrowed)
      AND jsonb_set('{}', ARRAY[i.tenant_id::text], i.metadata) @> jsonb_set('{}', ARRAY[tenant::text], $1)
      AND ($2 IS NULL OR i.code = $2) AND ($3 IS NULL OR i.name = $3)
      AND ($4 IS NULL OR EXISTS (SELECT FROM bursar.escrow_institution_tag t WHERE t.tenant_id = tenant
                                 AND t.institution_id = i.id AND t.kind = 'region' AND t.value = $4))
      AND ($5 IS NULL OR EXISTS (SELECT FROM bursar.escrow_institution_tag t WHERE t.tenant_id = tenant
                                 AND t.institution_id = i.id AND t.kind = 'vertical' AND t.value = $5))
      AND ($6 IS NULL OR i.id > $6)
    ORDER BY i.id LIMIT $7;
END $$;

-- contains, institution, code, name, vertical, region, after, most
CREATE OR REPLACE FUNCTION tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenant constant uuid := tenancy.current_tenant();
    narrowed constant uuid := tenancy.current_institution();
BEGIN
    RETURN QUERY
    SELECT a.id FROM bursar.escrow_asset_template a
    WHERE a.tenant_id = tenant AND (narrowed IS NULL OR a.institution_id = narrowed)
      AND jsonb_set('{}', ARRAY[a.tenant_id::text], a.config) @> jsonb_set('{}', ARRAY[tenant::text], $1)
      AND ($2 IS NULL OR a.institution_id = $2) AND ($3 IS NULL OR a.code = $3) AND ($4 IS NULL OR a.name = $4)
      AND ($5 IS NULL OR a.vertical = $5) AND ($6 IS NULL OR a.region = $6) AND ($7 IS NULL OR a.id > $7)
    ORDER BY a.id LIMIT $8;
END $$;

-- contains, institution, template, label, after, most
CREATE OR REPLACE FUNCTION tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint)
RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenant constant uuid := tenancy.current_tenant();
    narrowed constant uuid := tenancy.current_institution();
BEGIN
    RETURN QUERY
    SELECT a.id FROM bursar.escrow_asset a
    WHERE a.tenant_id = tenant AND (narrowed IS NULL OR a.institution_id = narrowed) AND a.created_at > '-infinity'
      AND jsonb_set('{}', ARRAY[a.tenant_id::text], a.metadata) @> jsonb_set('{}', ARRAY[tenant::text], $1)
      AND ($2 IS NULL OR a.institution_id = $2) AND ($3 IS NULL OR a.template_id = $3)
      AND ($4 IS NULL OR a.label = $4) AND ($5 IS NULL OR a.id > $5)
    ORDER BY a.id LIMIT $6;
END $$;

-- contains, institution, template, asset, holder, currency, state, external reference, from, to, after, after id, most
CREATE OR REPLACE FUNCTION tenancy.escrow_search_positions(
    jsonb, uuid, uuid, uuid, text, text, text, text, timestamptz, timestamptz, timestamptz, uuid, bigint
) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    tenant constant uuid := tenancy.current_tenant();
    narrowed constant uuid := tenancy.current_institution();
BEGIN
    RETURN QUERY
    SELECT p.id FROM bursar.escrow_position p
    WHERE p.tenant_id = tenant AND (narrowed IS NULL OR p.institution_id = narrowed) AND p.created_at > '-infinity'
      AND jsonb_set('{}', ARRAY[p.tenant_id::text], p.metadata) @> jsonb_set('{}', ARRAY[tenant::text], $1)
      AND ($2 IS NULL OR p.institution_id = $2) AND ($3 IS NULL OR p.template_id = $3)
      AND ($4 IS NULL OR p.asset_id = $4) AND ($5 IS NULL OR p.holder_reference = $5)
      AND ($6 IS NULL OR p.currency = $6) AND ($7 IS NULL OR p.state = $7)
      AND ($8 IS NULL OR p.external_reference = $8) AND ($9 IS NULL OR p.created_at >= $9)
      AND ($10 IS NULL OR p.created_at < $10) AND ($11 IS NULL OR (p.created_at, p.id) > ($11, $12))
    ORDER BY p.created_at, p.id LIMIT $13;
END $$;

GRANT CREATE ON SCHEMA tenancy TO bursar_search;
DO $$
DECLARE
    search regprocedure;
BEGIN
    FOR search IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'tenancy' AND p.proname LIKE 'escrow\_search\_%'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', search);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bursar_tenant', search);
        EXECUTE format('ALTER FUNCTION %s OWNER TO bursar_search', search);
    END LOOP;
END $$;
REVOKE CREATE ON SCHEMA tenancy FROM bursar_search;

-- Tenants made before this migration get the new tables' views too.
SELECT tenancy.refresh_views(tenant_id) FROM bursar.admin_tenant
WHERE state <> 'deleted' AND tenant_id <> '00000000-0000-0000-0000-000000000000';
