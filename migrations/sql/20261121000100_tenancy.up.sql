-- Tenants, API keys, and the guards that wall tenants off from each other.
-- Runs as bursar_owner. Roles are made by `bursar bootstrap`, for they belong to the cluster, not to this database.

CREATE SCHEMA IF NOT EXISTS bursar;
CREATE SCHEMA IF NOT EXISTS tenancy;
GRANT USAGE ON SCHEMA bursar TO bursar_tenant, bursar_jobs, bursar_search;
GRANT USAGE ON SCHEMA tenancy TO bursar_tenant, bursar_jobs, bursar_search, bursar_auth, bursar_platform;

-- What current_tenant answers when the setting and the role taken disagree.
CREATE OR REPLACE FUNCTION tenancy.refuse_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the role of this transaction is not that of its tenant' USING ERRCODE = '42501';
END $$;

-- The tenant of this transaction. Raises when the setting and the role taken disagree, so that neither alone
-- opens a tenant. NULL, which matches no row, outside a tenant (jobs, sign-in, migrations).
-- One expression without settings of its own, so that the planner puts it into each policy: every statement asks it
-- once a table. Its names are resolved here, so no search_path can lead it astray. `role` and not current_user, which
-- inside SECURITY DEFINER is the owner.
CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN current_setting('role') = 'app_tenant_' || replace(current_setting('app.tenant_id', true), '-', '')
        THEN current_setting('app.tenant_id')::uuid
    WHEN COALESCE(current_setting('app.tenant_id', true), '') = '' AND current_setting('role') NOT LIKE 'app\_tenant\_%'
        THEN NULL
    ELSE tenancy.refuse_tenant()
END;

-- Trigger of append-only tables: holds for the owner too.
CREATE OR REPLACE FUNCTION tenancy.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $$;

-- Which migrations the database has: the service refuses to run on less than it knows.
CREATE OR REPLACE FUNCTION tenancy.schema_version() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT max(version) FROM migration.applied WHERE success
$$;
REVOKE ALL ON FUNCTION tenancy.schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.schema_version() TO bursar_auth;

CREATE TABLE IF NOT EXISTS bursar.admin_tenant (
    tenant_id           uuid        NOT NULL PRIMARY KEY,
    name                text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    state               text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'deleted')),
    max_api_keys        integer     NOT NULL DEFAULT 100 CHECK (max_api_keys BETWEEN 1 AND 1000),
    requests_per_second integer     NOT NULL DEFAULT 0 CHECK (requests_per_second BETWEEN 0 AND 1000000),
    revision            bigint      NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE bursar.admin_tenant IS 'Organisations; the nil UUID is the platform itself.';
CREATE INDEX IF NOT EXISTS admin_tenant_created ON bursar.admin_tenant (created_at, tenant_id);
ALTER TABLE bursar.admin_tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.admin_tenant FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.admin_tenant;
CREATE POLICY tenant_own ON bursar.admin_tenant FOR SELECT
    USING (tenant_id = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS platform_all ON bursar.admin_tenant;
CREATE POLICY platform_all ON bursar.admin_tenant TO bursar_platform USING (true) WITH CHECK (true);
-- For the SECURITY DEFINER functions below and the seed.
DROP POLICY IF EXISTS owner_all ON bursar.admin_tenant;
CREATE POLICY owner_all ON bursar.admin_tenant TO bursar_owner USING (true) WITH CHECK (true);
GRANT SELECT ON bursar.admin_tenant TO bursar_tenant, bursar_platform;
GRANT UPDATE (name, state, max_api_keys, requests_per_second, revision, updated_at)
    ON bursar.admin_tenant TO bursar_platform;

INSERT INTO bursar.admin_tenant (tenant_id, name)
VALUES ('00000000-0000-0000-0000-000000000000', 'platform')
ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS bursar.admin_api_key (
    tenant_id      uuid        NOT NULL REFERENCES bursar.admin_tenant (tenant_id),
    id             uuid        NOT NULL,
    label          text        NOT NULL CHECK (char_length(label) BETWEEN 1 AND 100),
    role           text        NOT NULL CHECK (role IN ('viewer', 'operator', 'admin', 'auditor', 'platform')),
    institution_id uuid,
    hash           bytea       NOT NULL CHECK (octet_length(hash) = 32),
    successor_id   uuid,
    expires_at     timestamptz,
    revoked_at     timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- Only the platform's own tenant has platform keys, whatever the service believes.
    CONSTRAINT admin_api_key_platform
        CHECK ((role = 'platform') <= (tenant_id = '00000000-0000-0000-0000-000000000000'))
);
COMMENT ON COLUMN bursar.admin_api_key.hash IS 'HMAC-SHA256 of key id and secret under the pepper; the secret is stored nowhere.';
CREATE UNIQUE INDEX IF NOT EXISTS admin_api_key_id ON bursar.admin_api_key (id);
CREATE INDEX IF NOT EXISTS admin_api_key_created ON bursar.admin_api_key (tenant_id, created_at, id);
ALTER TABLE bursar.admin_api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.admin_api_key FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_own ON bursar.admin_api_key;
CREATE POLICY tenant_own ON bursar.admin_api_key
    USING (tenant_id = (SELECT tenancy.current_tenant()))
    WITH CHECK (tenant_id = (SELECT tenancy.current_tenant()));
DROP POLICY IF EXISTS owner_all ON bursar.admin_api_key;
CREATE POLICY owner_all ON bursar.admin_api_key TO bursar_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (expires_at, revoked_at, successor_id) ON bursar.admin_api_key TO bursar_tenant;

-- Sign-in: the one thing bursar_auth can do.
CREATE OR REPLACE FUNCTION tenancy.find_key(key_id uuid)
RETURNS TABLE (tenant_id uuid, tenant_name text, tenant_state text, requests_per_second integer,
               label text, role text, institution_id uuid, hash bytea, expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT k.tenant_id, t.name, t.state, t.requests_per_second,
           k.label, k.role, k.institution_id, k.hash, k.expires_at, k.revoked_at
    FROM bursar.admin_api_key k JOIN bursar.admin_tenant t USING (tenant_id)
    WHERE k.id = key_id
$$;
REVOKE ALL ON FUNCTION tenancy.find_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.find_key(uuid) TO bursar_auth;

-- The reporting views of one tenant: one for each table that carries tenant data. Called at onboarding, and by
-- every later migration that adds such a table.
CREATE OR REPLACE FUNCTION tenancy.refresh_views(tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    hex text := replace(tenant::text, '-', '');
    source record;
BEGIN
    FOR source IN
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'bursar' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname !~ '^(admin|operation)_'
        ORDER BY c.relname
    LOOP
        -- security_invoker: the reader's own row-level security decides, not the view owner's.
        EXECUTE format('CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS SELECT * FROM bursar.%I',
                       'tenant_' || hex, source.relname, source.relname);
        EXECUTE format('GRANT SELECT ON %I.%I TO %I', 'tenant_' || hex, source.relname, 'app_tenant_' || hex);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION tenancy.refresh_views(uuid) FROM PUBLIC;

-- Onboarding: registry row, role, schema, grants, first key. All of it commits with the caller's transaction.
CREATE OR REPLACE FUNCTION tenancy.create_tenant(
    tenant uuid, tenant_name text, key_limit integer, rate_limit integer, key_id uuid, key_label text, key_hash bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    hex text := replace(tenant::text, '-', '');
BEGIN
    INSERT INTO bursar.admin_tenant (tenant_id, name, max_api_keys, requests_per_second)
    VALUES (tenant, tenant_name, key_limit, rate_limit);
    EXECUTE format('CREATE ROLE %I NOLOGIN', 'app_tenant_' || hex);
    -- The service may take the tenant's role, never inherit it; and not what the role itself inherits.
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE format('GRANT bursar_tenant TO %I WITH INHERIT TRUE, SET FALSE', 'app_tenant_' || hex);
        EXECUTE format('GRANT %I TO bursar_app WITH INHERIT FALSE, SET TRUE', 'app_tenant_' || hex);
    ELSE
        EXECUTE format('GRANT bursar_tenant TO %I', 'app_tenant_' || hex);
        EXECUTE format('GRANT %I TO bursar_app', 'app_tenant_' || hex);
    END IF;
    EXECUTE format('CREATE SCHEMA %I', 'tenant_' || hex);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', 'tenant_' || hex, 'app_tenant_' || hex);
    PERFORM tenancy.refresh_views(tenant);
    INSERT INTO bursar.admin_api_key (tenant_id, id, label, role, hash)
    VALUES (tenant, key_id, key_label, 'admin', key_hash);
END $$;
REVOKE ALL ON FUNCTION tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea) TO bursar_platform;

-- Offboarding: ends the keys, drops role and schema; rows stay, out of everybody's reach but the owner's.
CREATE OR REPLACE FUNCTION tenancy.offboard_tenant(tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    hex text := replace(tenant::text, '-', '');
BEGIN
    IF tenant = '00000000-0000-0000-0000-000000000000' THEN
        RAISE EXCEPTION 'the platform tenant cannot be offboarded' USING ERRCODE = '42501';
    END IF;
    UPDATE bursar.admin_tenant SET state = 'deleted', revision = revision + 1, updated_at = now()
    WHERE tenant_id = tenant;
    UPDATE bursar.admin_api_key SET revoked_at = now() WHERE tenant_id = tenant AND revoked_at IS NULL;
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', 'tenant_' || hex);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_tenant_' || hex) THEN
        EXECUTE format('DROP ROLE %I', 'app_tenant_' || hex);
    END IF;
END $$;
REVOKE ALL ON FUNCTION tenancy.offboard_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.offboard_tenant(uuid) TO bursar_platform;
