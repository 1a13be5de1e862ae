-- Bursar's schema as its migrations build it. Written by `bursar migrate schema > migrations/schema.sql`: do not edit.
-- Roles come from `bursar bootstrap`; objects belong to bursar_owner unless said otherwise.

-- Functions may name tables that come after them.
SET check_function_bodies = false;

CREATE SCHEMA IF NOT EXISTS bursar;
GRANT USAGE ON SCHEMA bursar TO bursar_jobs;
GRANT USAGE ON SCHEMA bursar TO bursar_search;
GRANT USAGE ON SCHEMA bursar TO bursar_tenant;

CREATE SCHEMA IF NOT EXISTS tenancy;
GRANT USAGE ON SCHEMA tenancy TO bursar_auth;
GRANT USAGE ON SCHEMA tenancy TO bursar_jobs;
GRANT USAGE ON SCHEMA tenancy TO bursar_platform;
GRANT USAGE ON SCHEMA tenancy TO bursar_search;
GRANT USAGE ON SCHEMA tenancy TO bursar_tenant;

CREATE OR REPLACE FUNCTION tenancy.create_tenant(tenant uuid, tenant_name text, key_limit integer, rate_limit integer, key_id uuid, key_label text, key_hash bytea)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea) TO bursar_platform;

CREATE OR REPLACE FUNCTION tenancy.current_institution()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('app.institution_id'::text, true), ''::text))::uuid;
GRANT EXECUTE ON FUNCTION tenancy.current_institution() TO PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN (current_setting('role'::text) = ('app_tenant_'::text || replace(current_setting('app.tenant_id'::text, true), '-'::text, ''::text))) THEN (current_setting('app.tenant_id'::text))::uuid WHEN ((COALESCE(current_setting('app.tenant_id'::text, true), ''::text) = ''::text) AND (current_setting('role'::text) !~~ 'app\_tenant\_%'::text)) THEN NULL::uuid ELSE tenancy.refuse_tenant() END;
GRANT EXECUTE ON FUNCTION tenancy.current_tenant() TO PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
END $function$;
ALTER FUNCTION tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint) OWNER TO bursar_search;
REVOKE ALL ON FUNCTION tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint) TO bursar_tenant;

CREATE OR REPLACE FUNCTION tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
END $function$;
ALTER FUNCTION tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint) OWNER TO bursar_search;
REVOKE ALL ON FUNCTION tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint) TO bursar_tenant;

CREATE OR REPLACE FUNCTION tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
END $function$;
ALTER FUNCTION tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint) OWNER TO bursar_search;
REVOKE ALL ON FUNCTION tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint) TO bursar_tenant;

CREATE OR REPLACE FUNCTION tenancy.escrow_search_positions(jsonb, uuid, uuid, uuid, text, text, text, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, bigint)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
END $function$;
ALTER FUNCTION tenancy.escrow_search_positions(jsonb, uuid, uuid, uuid, text, text, text, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, bigint) OWNER TO bursar_search;
REVOKE ALL ON FUNCTION tenancy.escrow_search_positions(jsonb, uuid, uuid, uuid, text, text, text, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.escrow_search_positions(jsonb, uuid, uuid, uuid, text, text, text, text, timestamp with time zone, timestamp with time zone, timestamp with time zone, uuid, bigint) TO bursar_tenant;

CREATE OR REPLACE FUNCTION tenancy.find_key(key_id uuid)
 RETURNS TABLE(tenant_id uuid, tenant_name text, tenant_state text, requests_per_second integer, label text, role text, institution_id uuid, hash bytea, expires_at timestamp with time zone, revoked_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
    SELECT k.tenant_id, t.name, t.state, t.requests_per_second,
           k.label, k.role, k.institution_id, k.hash, k.expires_at, k.revoked_at
    FROM bursar.admin_api_key k JOIN bursar.admin_tenant t USING (tenant_id)
    WHERE k.id = key_id
$function$;
REVOKE ALL ON FUNCTION tenancy.find_key(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.find_key(uuid) TO bursar_auth;

CREATE OR REPLACE FUNCTION tenancy.ledger_open_accounts(tenant uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
    SELECT count(*) FROM bursar.ledger_account
    WHERE tenant_id = tenant
      AND (debits_posted <> credits_posted OR debits_pending <> 0 OR credits_pending <> 0)
$function$;
REVOKE ALL ON FUNCTION tenancy.ledger_open_accounts(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.ledger_open_accounts(uuid) TO bursar_platform;

CREATE OR REPLACE FUNCTION tenancy.offboard_tenant(tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION tenancy.offboard_tenant(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.offboard_tenant(uuid) TO bursar_platform;

CREATE OR REPLACE FUNCTION tenancy.ref_asset_guard()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
DECLARE
    shared constant uuid := '00000000-0000-0000-0000-000000000000';
    taken boolean;
BEGIN
    -- Two inserts of one code take turns; the second then sees the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('bursar.ref_asset.' || NEW.code, 0));
    -- The first, a key look-up, is every tenant's case; the second reads the table when the platform adds an asset.
    IF NEW.tenant_id <> shared THEN
        taken := EXISTS (SELECT FROM bursar.ref_asset WHERE tenant_id = shared AND code = NEW.code);
    ELSE
        taken := EXISTS (SELECT FROM bursar.ref_asset WHERE tenant_id <> shared AND code = NEW.code);
    END IF;
    IF taken THEN
        RAISE EXCEPTION 'asset code % is taken', NEW.code
            USING ERRCODE = '23505', SCHEMA = 'bursar', TABLE = 'ref_asset', CONSTRAINT = 'ref_asset_shared_code';
    END IF;
    RETURN NULL;
END $function$;
REVOKE ALL ON FUNCTION tenancy.ref_asset_guard() FROM PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.refresh_views(tenant uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
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
END $function$;
REVOKE ALL ON FUNCTION tenancy.refresh_views(uuid) FROM PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog'
AS $function$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '42501';
END $function$;
GRANT EXECUTE ON FUNCTION tenancy.refuse_change() TO PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.refuse_tenant()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
AS $function$
BEGIN
    RAISE EXCEPTION 'the role of this transaction is not that of its tenant' USING ERRCODE = '42501';
END $function$;
GRANT EXECUTE ON FUNCTION tenancy.refuse_tenant() TO PUBLIC;

CREATE OR REPLACE FUNCTION tenancy.schema_version()
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog'
AS $function$
    SELECT max(version) FROM migration.applied WHERE success
$function$;
REVOKE ALL ON FUNCTION tenancy.schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenancy.schema_version() TO bursar_auth;

CREATE TABLE bursar.admin_api_key (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    label text NOT NULL,
    role text NOT NULL,
    institution_id uuid,
    hash bytea NOT NULL,
    successor_id uuid,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT admin_api_key_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT admin_api_key_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT admin_api_key_label_check CHECK (((char_length(label) >= 1) AND (char_length(label) <= 100))),
    CONSTRAINT admin_api_key_platform CHECK (((role = 'platform'::text) <= (tenant_id = '00000000-0000-0000-0000-000000000000'::uuid))),
    CONSTRAINT admin_api_key_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'operator'::text, 'admin'::text, 'auditor'::text, 'platform'::text])))
);
COMMENT ON COLUMN bursar.admin_api_key.hash IS 'HMAC-SHA256 of key id and secret under the pepper; the secret is stored nowhere.';
CREATE INDEX admin_api_key_created ON bursar.admin_api_key USING btree (tenant_id, created_at, id);
CREATE UNIQUE INDEX admin_api_key_id ON bursar.admin_api_key USING btree (id);
ALTER TABLE bursar.admin_api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.admin_api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON bursar.admin_api_key TO bursar_owner
    USING (true)
    WITH CHECK (true);
CREATE POLICY tenant_own ON bursar.admin_api_key
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.admin_api_key TO bursar_tenant;
GRANT UPDATE (successor_id, expires_at, revoked_at) ON bursar.admin_api_key TO bursar_tenant;

CREATE TABLE bursar.admin_tenant (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'active'::text,
    max_api_keys integer NOT NULL DEFAULT 100,
    requests_per_second integer NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT admin_tenant_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT admin_tenant_max_api_keys_check CHECK (((max_api_keys >= 1) AND (max_api_keys <= 1000))),
    CONSTRAINT admin_tenant_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT admin_tenant_requests_per_second_check CHECK (((requests_per_second >= 0) AND (requests_per_second <= 1000000))),
    CONSTRAINT admin_tenant_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'deleted'::text])))
);
COMMENT ON TABLE bursar.admin_tenant IS 'Organisations; the nil UUID is the platform itself.';
CREATE INDEX admin_tenant_created ON bursar.admin_tenant USING btree (created_at, tenant_id);
ALTER TABLE bursar.admin_tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.admin_tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON bursar.admin_tenant TO bursar_owner
    USING (true)
    WITH CHECK (true);
CREATE POLICY platform_all ON bursar.admin_tenant TO bursar_platform
    USING (true)
    WITH CHECK (true);
CREATE POLICY tenant_own ON bursar.admin_tenant FOR SELECT
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT SELECT ON bursar.admin_tenant TO bursar_platform;
GRANT SELECT ON bursar.admin_tenant TO bursar_tenant;
GRANT UPDATE (name, state, max_api_keys, requests_per_second, revision, updated_at) ON bursar.admin_tenant TO bursar_platform;

CREATE TABLE bursar.audit_event (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    key_id uuid NOT NULL,
    institution_id uuid,
    method text NOT NULL,
    path text NOT NULL,
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    payload jsonb NOT NULL,
    request_id uuid,
    occurred_at timestamp with time zone NOT NULL DEFAULT now(),
    recorded_at timestamp with time zone NOT NULL DEFAULT now(),
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT audit_event_pkey PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE bursar.audit_event IS 'Who changed what, in the same transaction as the change. Transfers are their own record.';
CREATE INDEX audit_event_action ON bursar.audit_event USING btree (tenant_id, action, recorded_at, id) WHERE (action IS NOT NULL);
CREATE INDEX audit_event_institution ON bursar.audit_event USING btree (tenant_id, institution_id, recorded_at, id) WHERE (institution_id IS NOT NULL);
CREATE INDEX audit_event_key ON bursar.audit_event USING btree (tenant_id, key_id, recorded_at, id) WHERE (key_id IS NOT NULL);
CREATE INDEX audit_event_resource ON bursar.audit_event USING btree (tenant_id, resource_type, resource_id, recorded_at, id) WHERE (resource_id IS NOT NULL);
CREATE INDEX audit_event_resource_type ON bursar.audit_event USING btree (tenant_id, resource_type, recorded_at, id) WHERE (resource_type IS NOT NULL);
CREATE INDEX audit_event_time ON bursar.audit_event USING btree (tenant_id, recorded_at, id) WHERE (recorded_at > '-infinity'::timestamp with time zone);
CREATE INDEX audit_event_xact ON bursar.audit_event USING brin ((((xact)::text)::bigint)) WITH (autosummarize='on');
ALTER TABLE bursar.audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.audit_event FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_sealing ON bursar.audit_event FOR SELECT TO bursar_jobs
    USING (true);
CREATE POLICY tenant_own ON bursar.audit_event
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.audit_event FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT SELECT ON bursar.audit_event TO bursar_jobs;
GRANT INSERT, SELECT ON bursar.audit_event TO bursar_tenant;

CREATE TABLE bursar.audit_seal (
    tenant_id uuid NOT NULL,
    "position" bigint NOT NULL,
    upto bigint NOT NULL,
    events bigint NOT NULL,
    transfers bigint NOT NULL,
    leaves bytea NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT audit_seal_pkey PRIMARY KEY (tenant_id, "position"),
    CONSTRAINT audit_seal_events_check CHECK ((events >= 0)),
    CONSTRAINT audit_seal_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_seal_position_check CHECK (("position" > 0)),
    CONSTRAINT audit_seal_transfers_check CHECK ((transfers >= 0))
);
COMMENT ON TABLE bursar.audit_seal IS 'Append-only: each seal holds the hashes of its rows and continues the hash of the one before.';
CREATE INDEX audit_seal_last ON bursar.audit_seal USING btree (upto);
CREATE UNIQUE INDEX audit_seal_upto ON bursar.audit_seal USING btree (tenant_id, upto);
ALTER TABLE bursar.audit_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.audit_seal FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_sealing ON bursar.audit_seal TO bursar_jobs
    USING (true)
    WITH CHECK (true);
CREATE POLICY tenant_own ON bursar.audit_seal
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.audit_seal TO bursar_jobs;
GRANT SELECT ON bursar.audit_seal TO bursar_tenant;

CREATE TABLE bursar.escrow_asset (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    template_id uuid NOT NULL,
    label text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_asset_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_asset_label_check CHECK (((char_length(label) >= 1) AND (char_length(label) <= 200)))
);
COMMENT ON TABLE bursar.escrow_asset IS 'Single things that positions are held for.';
CREATE INDEX escrow_asset_by_template ON bursar.escrow_asset USING btree (tenant_id, template_id, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_asset_institution ON bursar.escrow_asset USING btree (tenant_id, institution_id, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_asset_label ON bursar.escrow_asset USING btree (tenant_id, label, id) WHERE (label IS NOT NULL);
CREATE INDEX escrow_asset_metadata ON bursar.escrow_asset USING gin (jsonb_set('{}'::jsonb, ARRAY[(tenant_id)::text], metadata) jsonb_path_ops);
CREATE UNIQUE INDEX escrow_asset_own ON bursar.escrow_asset USING btree (tenant_id, institution_id, template_id, id);
ALTER TABLE bursar.escrow_asset ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_asset FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_asset
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
GRANT SELECT ON bursar.escrow_asset TO bursar_search;
GRANT INSERT, SELECT ON bursar.escrow_asset TO bursar_tenant;
GRANT UPDATE (label, metadata, revision, updated_at) ON bursar.escrow_asset TO bursar_tenant;

CREATE TABLE bursar.escrow_asset_template (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    vertical text NOT NULL DEFAULT ''::text,
    region text NOT NULL DEFAULT ''::text,
    config jsonb NOT NULL DEFAULT '{}'::jsonb,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_asset_template_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_asset_template_code_check CHECK (((char_length(code) >= 1) AND (char_length(code) <= 64))),
    CONSTRAINT escrow_asset_template_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
);
COMMENT ON TABLE bursar.escrow_asset_template IS 'Kinds of asset an institution holds, with the rules for positions in them.';
CREATE INDEX escrow_asset_template_by_code ON bursar.escrow_asset_template USING btree (tenant_id, code, id) WHERE (code IS NOT NULL);
CREATE UNIQUE INDEX escrow_asset_template_code ON bursar.escrow_asset_template USING btree (tenant_id, institution_id, code);
CREATE INDEX escrow_asset_template_config ON bursar.escrow_asset_template USING gin (jsonb_set('{}'::jsonb, ARRAY[(tenant_id)::text], config) jsonb_path_ops);
CREATE INDEX escrow_asset_template_name ON bursar.escrow_asset_template USING btree (tenant_id, name, id) WHERE (name IS NOT NULL);
CREATE UNIQUE INDEX escrow_asset_template_own ON bursar.escrow_asset_template USING btree (tenant_id, institution_id, id);
CREATE INDEX escrow_asset_template_region ON bursar.escrow_asset_template USING btree (tenant_id, region, id) WHERE (region IS NOT NULL);
CREATE INDEX escrow_asset_template_vertical ON bursar.escrow_asset_template USING btree (tenant_id, vertical, id) WHERE (vertical IS NOT NULL);
ALTER TABLE bursar.escrow_asset_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_asset_template FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_asset_template
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
GRANT SELECT ON bursar.escrow_asset_template TO bursar_search;
GRANT INSERT, SELECT ON bursar.escrow_asset_template TO bursar_tenant;
GRANT UPDATE (code, name, vertical, region, config, revision, updated_at) ON bursar.escrow_asset_template TO bursar_tenant;

CREATE TABLE bursar.escrow_institution (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_institution_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_institution_code_check CHECK (((char_length(code) >= 1) AND (char_length(code) <= 64))),
    CONSTRAINT escrow_institution_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
);
COMMENT ON TABLE bursar.escrow_institution IS 'Who holds assets for others.';
CREATE UNIQUE INDEX escrow_institution_code ON bursar.escrow_institution USING btree (tenant_id, code);
CREATE INDEX escrow_institution_metadata ON bursar.escrow_institution USING gin (jsonb_set('{}'::jsonb, ARRAY[(tenant_id)::text], metadata) jsonb_path_ops);
CREATE INDEX escrow_institution_name ON bursar.escrow_institution USING btree (tenant_id, name, id) WHERE (name IS NOT NULL);
ALTER TABLE bursar.escrow_institution ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_institution FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_institution
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), id))));
GRANT SELECT ON bursar.escrow_institution TO bursar_search;
GRANT INSERT, SELECT ON bursar.escrow_institution TO bursar_tenant;
GRANT UPDATE (code, name, metadata, revision, updated_at) ON bursar.escrow_institution TO bursar_tenant;

CREATE TABLE bursar.escrow_institution_tag (
    tenant_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    CONSTRAINT escrow_institution_tag_pkey PRIMARY KEY (tenant_id, institution_id, kind, value),
    CONSTRAINT escrow_institution_tag_kind_check CHECK ((kind = ANY (ARRAY['region'::text, 'vertical'::text]))),
    CONSTRAINT escrow_institution_tag_value_check CHECK (((char_length(value) >= 1) AND (char_length(value) <= 64)))
);
COMMENT ON TABLE bursar.escrow_institution_tag IS 'Regions and verticals of an institution: rows, so that a list by one has an index.';
CREATE INDEX escrow_institution_tag_value ON bursar.escrow_institution_tag USING btree (tenant_id, kind, value, institution_id) WHERE (value IS NOT NULL);
ALTER TABLE bursar.escrow_institution_tag ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_institution_tag FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_institution_tag
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
GRANT SELECT ON bursar.escrow_institution_tag TO bursar_search;
GRANT DELETE, INSERT, SELECT ON bursar.escrow_institution_tag TO bursar_tenant;

CREATE TABLE bursar.escrow_ledger_event (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    position_id uuid NOT NULL,
    kind text NOT NULL,
    previous_state text NOT NULL,
    state text NOT NULL,
    debit_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    currency text NOT NULL,
    scale smallint NOT NULL,
    amount numeric NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}'::jsonb,
    key_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_ledger_event_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_ledger_event_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT escrow_ledger_event_kind_check CHECK ((kind = ANY (ARRAY['funded'::text, 'released'::text, 'refunded'::text])))
);
COMMENT ON TABLE bursar.escrow_ledger_event IS 'Append-only: what positions moved in the ledger.';
CREATE INDEX escrow_ledger_event_for_position ON bursar.escrow_ledger_event USING btree (tenant_id, position_id, occurred_at, id);
CREATE INDEX escrow_ledger_event_institution ON bursar.escrow_ledger_event USING btree (tenant_id, institution_id, occurred_at, id);
CREATE INDEX escrow_ledger_event_kind ON bursar.escrow_ledger_event USING btree (tenant_id, kind, occurred_at, id);
CREATE INDEX escrow_ledger_event_time ON bursar.escrow_ledger_event USING btree (tenant_id, occurred_at, id);
ALTER TABLE bursar.escrow_ledger_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_ledger_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_ledger_event
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.escrow_ledger_event FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.escrow_ledger_event TO bursar_tenant;

CREATE TABLE bursar.escrow_policy (
    tenant_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    region text NOT NULL,
    allowed_states text[],
    minimum_amounts jsonb NOT NULL DEFAULT '{}'::jsonb,
    required_metadata text[] NOT NULL DEFAULT '{}'::text[],
    four_eyes boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_policy_pkey PRIMARY KEY (tenant_id, institution_id, region)
);
COMMENT ON TABLE bursar.escrow_policy IS 'What an institution asks of positions whose template is of a region.';
CREATE INDEX escrow_policy_region ON bursar.escrow_policy USING btree (tenant_id, region, institution_id);
ALTER TABLE bursar.escrow_policy ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_policy FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_policy
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
GRANT INSERT, SELECT ON bursar.escrow_policy TO bursar_tenant;
GRANT UPDATE (allowed_states, minimum_amounts, required_metadata, four_eyes, revision, updated_at) ON bursar.escrow_policy TO bursar_tenant;

CREATE TABLE bursar.escrow_policy_change (
    tenant_id uuid NOT NULL,
    institution_id uuid NOT NULL,
    region text NOT NULL,
    revision bigint NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    key_id uuid NOT NULL,
    changed_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_policy_change_pkey PRIMARY KEY (tenant_id, institution_id, region, revision)
);
COMMENT ON TABLE bursar.escrow_policy_change IS 'Append-only history of policies: who, when, what before.';
ALTER TABLE bursar.escrow_policy_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_policy_change FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_policy_change
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.escrow_policy_change FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.escrow_policy_change TO bursar_tenant;

CREATE TABLE bursar.escrow_position (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    template_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    holder_reference text NOT NULL,
    currency text NOT NULL,
    scale smallint NOT NULL,
    amount numeric NOT NULL,
    held numeric NOT NULL DEFAULT 0,
    released numeric NOT NULL DEFAULT 0,
    refunded numeric NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'proposed'::text,
    external_reference text,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    funding_account_id uuid,
    proposal_key_id uuid,
    proposal_account_id uuid,
    proposal_amount numeric,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_position_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_position_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT escrow_position_held_check CHECK ((held >= (0)::numeric)),
    CONSTRAINT escrow_position_holder_reference_check CHECK (((char_length(holder_reference) >= 1) AND (char_length(holder_reference) <= 200))),
    CONSTRAINT escrow_position_over CHECK (((held = (0)::numeric) OR (state = ANY (ARRAY['funded'::text, 'locked'::text, 'disputed'::text])))),
    CONSTRAINT escrow_position_proposal CHECK ((num_nulls(proposal_key_id, proposal_account_id, proposal_amount) = ANY (ARRAY[0, 3]))),
    CONSTRAINT escrow_position_refunded_check CHECK ((refunded >= (0)::numeric)),
    CONSTRAINT escrow_position_released_check CHECK ((released >= (0)::numeric)),
    CONSTRAINT escrow_position_scale_check CHECK (((scale >= 0) AND (scale <= 18))),
    CONSTRAINT escrow_position_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'funded'::text, 'locked'::text, 'disputed'::text, 'released'::text, 'refunded'::text, 'cancelled'::text, 'expired'::text]))),
    CONSTRAINT escrow_position_sums CHECK (((((held + released) + refunded) = (0)::numeric) OR (((held + released) + refunded) = amount)))
) WITH (fillfactor=80);
COMMENT ON TABLE bursar.escrow_position IS 'What is held for a holder, and where in its life it is.';
CREATE INDEX escrow_position_by_reference ON bursar.escrow_position USING btree (tenant_id, external_reference, created_at, id) WHERE ((external_reference IS NOT NULL) AND (created_at > '-infinity'::timestamp with time zone));
CREATE INDEX escrow_position_created ON bursar.escrow_position USING btree (tenant_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_currency ON bursar.escrow_position USING btree (tenant_id, currency, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_for_asset ON bursar.escrow_position USING btree (tenant_id, asset_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_holder ON bursar.escrow_position USING btree (tenant_id, holder_reference, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_institution ON bursar.escrow_position USING btree (tenant_id, institution_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_institution_state ON bursar.escrow_position USING btree (tenant_id, institution_id, state, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_metadata ON bursar.escrow_position USING gin (jsonb_set('{}'::jsonb, ARRAY[(tenant_id)::text], metadata) jsonb_path_ops);
CREATE UNIQUE INDEX escrow_position_reference ON bursar.escrow_position USING btree (tenant_id, institution_id, external_reference) WHERE (external_reference IS NOT NULL);
CREATE INDEX escrow_position_state ON bursar.escrow_position USING btree (tenant_id, state, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX escrow_position_template ON bursar.escrow_position USING btree (tenant_id, template_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
ALTER TABLE bursar.escrow_position ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_position FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_position
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
GRANT SELECT ON bursar.escrow_position TO bursar_search;
GRANT INSERT, SELECT ON bursar.escrow_position TO bursar_tenant;
GRANT UPDATE (held, released, refunded, state, funding_account_id, proposal_key_id, proposal_account_id, proposal_amount, revision, updated_at) ON bursar.escrow_position TO bursar_tenant;

CREATE TABLE bursar.escrow_position_event (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    institution_id uuid NOT NULL,
    position_id uuid NOT NULL,
    revision bigint NOT NULL,
    kind text NOT NULL,
    previous_state text,
    state text NOT NULL,
    scale smallint NOT NULL,
    amount numeric NOT NULL DEFAULT 0,
    held numeric NOT NULL,
    released numeric NOT NULL,
    refunded numeric NOT NULL,
    account_id uuid,
    reason text NOT NULL DEFAULT ''::text,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    transfer_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
    key_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT escrow_position_event_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT escrow_position_event_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT escrow_position_event_held_check CHECK ((held >= (0)::numeric)),
    CONSTRAINT escrow_position_event_kind_check CHECK ((kind = ANY (ARRAY['created'::text, 'moved'::text, 'partly_released'::text, 'partly_refunded'::text, 'release_proposed'::text]))),
    CONSTRAINT escrow_position_event_refunded_check CHECK ((refunded >= (0)::numeric)),
    CONSTRAINT escrow_position_event_released_check CHECK ((released >= (0)::numeric))
);
COMMENT ON TABLE bursar.escrow_position_event IS 'Append-only: all that happened to a position.';
CREATE INDEX escrow_position_event_institution ON bursar.escrow_position_event USING btree (tenant_id, institution_id, occurred_at, id);
CREATE INDEX escrow_position_event_kind ON bursar.escrow_position_event USING btree (tenant_id, kind, occurred_at, id);
CREATE UNIQUE INDEX escrow_position_event_order ON bursar.escrow_position_event USING btree (tenant_id, position_id, revision);
CREATE INDEX escrow_position_event_position ON bursar.escrow_position_event USING btree (tenant_id, position_id, occurred_at, id);
CREATE INDEX escrow_position_event_time ON bursar.escrow_position_event USING btree (tenant_id, occurred_at, id);
ALTER TABLE bursar.escrow_position_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.escrow_position_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.escrow_position_event
    USING (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))))
    WITH CHECK (((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)) AND (institution_id = COALESCE(( SELECT tenancy.current_institution() AS current_institution), institution_id))));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.escrow_position_event FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.escrow_position_event TO bursar_tenant;

CREATE TABLE bursar.ledger_account (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    asset text NOT NULL,
    scale smallint NOT NULL,
    code text NOT NULL DEFAULT ''::text,
    external_reference text,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    state text NOT NULL DEFAULT 'open'::text,
    reserved boolean NOT NULL DEFAULT false,
    balance_rule text NOT NULL DEFAULT 'unlimited'::text,
    overdraft_limit numeric NOT NULL DEFAULT 0,
    debits_posted numeric NOT NULL DEFAULT 0,
    credits_posted numeric NOT NULL DEFAULT 0,
    debits_pending numeric NOT NULL DEFAULT 0,
    credits_pending numeric NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 1,
    last_posted_at timestamp with time zone NOT NULL DEFAULT now(),
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT ledger_account_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_account_balance_rule_check CHECK ((balance_rule = ANY (ARRAY['unlimited'::text, 'debits_must_not_exceed_credits'::text, 'credits_must_not_exceed_debits'::text]))),
    CONSTRAINT ledger_account_credit_rule CHECK (((balance_rule <> 'credits_must_not_exceed_debits'::text) OR ((credits_posted + credits_pending) <= (debits_posted + overdraft_limit)))),
    CONSTRAINT ledger_account_credits_pending_check CHECK ((credits_pending >= (0)::numeric)),
    CONSTRAINT ledger_account_credits_posted_check CHECK ((credits_posted >= (0)::numeric)),
    CONSTRAINT ledger_account_debit_rule CHECK (((balance_rule <> 'debits_must_not_exceed_credits'::text) OR ((debits_posted + debits_pending) <= (credits_posted + overdraft_limit)))),
    CONSTRAINT ledger_account_debits_pending_check CHECK ((debits_pending >= (0)::numeric)),
    CONSTRAINT ledger_account_debits_posted_check CHECK ((debits_posted >= (0)::numeric)),
    CONSTRAINT ledger_account_overdraft_limit_check CHECK ((overdraft_limit >= (0)::numeric)),
    CONSTRAINT ledger_account_scale_check CHECK (((scale >= 0) AND (scale <= 18))),
    CONSTRAINT ledger_account_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
) WITH (fillfactor=70);
COMMENT ON TABLE bursar.ledger_account IS 'Accounts of one asset each, with running totals in natural units.';
CREATE INDEX ledger_account_asset ON bursar.ledger_account USING btree (tenant_id, asset, id) WHERE (asset IS NOT NULL);
CREATE INDEX ledger_account_code ON bursar.ledger_account USING btree (tenant_id, code, id) WHERE (code <> ''::text);
CREATE UNIQUE INDEX ledger_account_reference ON bursar.ledger_account USING btree (tenant_id, external_reference) WHERE (external_reference IS NOT NULL);
ALTER TABLE bursar.ledger_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_account FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_count ON bursar.ledger_account FOR SELECT TO bursar_owner
    USING (true);
CREATE POLICY tenant_own ON bursar.ledger_account
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.ledger_account TO bursar_tenant;
GRANT UPDATE (code, external_reference, metadata, state, overdraft_limit, debits_posted, credits_posted, debits_pending, credits_pending, version, revision, last_posted_at, updated_at) ON bursar.ledger_account TO bursar_tenant;

CREATE TABLE bursar.ledger_hold (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    debit_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    amount numeric NOT NULL,
    remaining numeric NOT NULL,
    state text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    ended_at timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp with time zone,
    CONSTRAINT ledger_hold_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_hold_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT ledger_hold_check CHECK (((remaining >= (0)::numeric) AND (remaining <= amount))),
    CONSTRAINT ledger_hold_ended CHECK ((((state = 'open'::text) = (ended_at = 'infinity'::timestamp with time zone)) AND ((state = 'open'::text) = (remaining > (0)::numeric)))),
    CONSTRAINT ledger_hold_state_check CHECK ((state = ANY (ARRAY['open'::text, 'posted'::text, 'voided'::text, 'expired'::text])))
);
COMMENT ON TABLE bursar.ledger_hold IS 'What changes about a pending transfer: how much is still reserved.';
CREATE INDEX ledger_hold_credit ON bursar.ledger_hold USING btree (tenant_id, credit_id, ended_at) WHERE (credit_id IS NOT NULL);
CREATE INDEX ledger_hold_debit ON bursar.ledger_hold USING btree (tenant_id, debit_id, ended_at) WHERE (debit_id IS NOT NULL);
CREATE INDEX ledger_hold_due ON bursar.ledger_hold USING btree (expires_at) WHERE ((state = 'open'::text) AND (expires_at IS NOT NULL));
ALTER TABLE bursar.ledger_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_expiry ON bursar.ledger_hold FOR SELECT TO bursar_jobs
    USING (true);
CREATE POLICY tenant_own ON bursar.ledger_hold
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.ledger_hold TO bursar_tenant;
GRANT SELECT (tenant_id, id, state, expires_at) ON bursar.ledger_hold TO bursar_jobs;
GRANT UPDATE (remaining, state, ended_at) ON bursar.ledger_hold TO bursar_tenant;

CREATE TABLE bursar.ledger_period (
    tenant_id uuid NOT NULL,
    starts_on date,
    ends_on date NOT NULL,
    closed_at timestamp with time zone NOT NULL DEFAULT now(),
    key_id uuid NOT NULL,
    CONSTRAINT ledger_period_pkey PRIMARY KEY (tenant_id, ends_on),
    CONSTRAINT ledger_period_order CHECK ((starts_on <= ends_on))
);
COMMENT ON TABLE bursar.ledger_period IS 'Closed periods: append-only, each from the day after the one before.';
ALTER TABLE bursar.ledger_period ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_period FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.ledger_period
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.ledger_period FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.ledger_period TO bursar_tenant;

CREATE TABLE bursar.ledger_transfer (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    debit_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    amount numeric NOT NULL,
    code text NOT NULL DEFAULT ''::text,
    external_reference text,
    metadata jsonb,
    value_date date NOT NULL,
    posted_at timestamp with time zone NOT NULL DEFAULT now(),
    shifted boolean NOT NULL,
    pending_id uuid,
    reversed_id uuid,
    group_id uuid,
    timeout_seconds integer,
    whole boolean NOT NULL DEFAULT false,
    release_remainder boolean NOT NULL DEFAULT false,
    key_id uuid NOT NULL,
    institution_id uuid,
    debit_version bigint NOT NULL,
    debit_debits_posted numeric NOT NULL,
    debit_credits_posted numeric NOT NULL,
    debit_debits_pending numeric NOT NULL,
    debit_credits_pending numeric NOT NULL,
    credit_version bigint NOT NULL,
    credit_debits_posted numeric NOT NULL,
    credit_credits_posted numeric NOT NULL,
    credit_debits_pending numeric NOT NULL,
    credit_credits_pending numeric NOT NULL,
    xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT ledger_transfer_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT ledger_transfer_amount CHECK (((amount > (0)::numeric) OR (kind = 'fenced'::text))),
    CONSTRAINT ledger_transfer_kind_check CHECK ((kind = ANY (ARRAY['direct'::text, 'pending'::text, 'post'::text, 'void'::text, 'expire'::text, 'reversal'::text, 'fenced'::text]))),
    CONSTRAINT ledger_transfer_sides CHECK (((debit_id <> credit_id) OR (kind = 'fenced'::text)))
);
COMMENT ON TABLE bursar.ledger_transfer IS 'Append-only transfers with the totals they left on both sides.';
CREATE INDEX ledger_transfer_credit ON bursar.ledger_transfer USING btree (tenant_id, credit_id, posted_at) WHERE (credit_id IS NOT NULL);
CREATE INDEX ledger_transfer_credit_shifted ON bursar.ledger_transfer USING btree (tenant_id, credit_id, value_date, posted_at) WHERE (shifted AND (credit_id IS NOT NULL));
CREATE INDEX ledger_transfer_debit ON bursar.ledger_transfer USING btree (tenant_id, debit_id, posted_at) WHERE (debit_id IS NOT NULL);
CREATE INDEX ledger_transfer_debit_shifted ON bursar.ledger_transfer USING btree (tenant_id, debit_id, value_date, posted_at) WHERE (shifted AND (debit_id IS NOT NULL));
CREATE INDEX ledger_transfer_group ON bursar.ledger_transfer USING btree (tenant_id, group_id, posted_at, id) WHERE (group_id IS NOT NULL);
CREATE INDEX ledger_transfer_pending ON bursar.ledger_transfer USING btree (tenant_id, pending_id, posted_at, id) WHERE (pending_id IS NOT NULL);
CREATE INDEX ledger_transfer_reference ON bursar.ledger_transfer USING btree (tenant_id, external_reference, posted_at, id) WHERE (external_reference IS NOT NULL);
CREATE UNIQUE INDEX ledger_transfer_reversed ON bursar.ledger_transfer USING btree (tenant_id, reversed_id) WHERE (reversed_id IS NOT NULL);
CREATE INDEX ledger_transfer_time ON bursar.ledger_transfer USING btree (tenant_id, posted_at, id) WHERE (posted_at > '-infinity'::timestamp with time zone);
CREATE INDEX ledger_transfer_xact ON bursar.ledger_transfer USING brin ((((xact)::text)::bigint)) WITH (autosummarize='on');
ALTER TABLE bursar.ledger_transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ledger_transfer FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_sealing ON bursar.ledger_transfer FOR SELECT TO bursar_jobs
    USING (true);
CREATE POLICY tenant_own ON bursar.ledger_transfer
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT SELECT ON bursar.ledger_transfer TO bursar_jobs;
GRANT INSERT, SELECT ON bursar.ledger_transfer TO bursar_tenant;

CREATE TABLE bursar.operation_record (
    tenant_id uuid NOT NULL,
    request_id uuid NOT NULL,
    method text,
    request bytea,
    reply bytea,
    key_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT operation_record_pkey PRIMARY KEY (tenant_id, request_id),
    CONSTRAINT operation_record_whole CHECK ((num_nulls(method, request, reply) = ANY (ARRAY[0, 3])))
);
COMMENT ON TABLE bursar.operation_record IS 'Request ids with the first reply, kept 30 days unless configured.';
CREATE INDEX operation_record_age ON bursar.operation_record USING btree (recorded_at);
ALTER TABLE bursar.operation_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.operation_record FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_retention ON bursar.operation_record TO bursar_jobs
    USING (true);
CREATE POLICY tenant_own ON bursar.operation_record
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT DELETE ON bursar.operation_record TO bursar_jobs;
GRANT INSERT, SELECT ON bursar.operation_record TO bursar_tenant;
GRANT SELECT (tenant_id, request_id, recorded_at) ON bursar.operation_record TO bursar_jobs;

CREATE TABLE bursar.ref_asset (
    tenant_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    scale smallint NOT NULL,
    kind text NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT ref_asset_pkey PRIMARY KEY (tenant_id, code),
    CONSTRAINT ref_asset_code_check CHECK ((code ~ '^[A-Z0-9][A-Z0-9._-]{1,15}$'::text)),
    CONSTRAINT ref_asset_kind_check CHECK ((kind = ANY (ARRAY['fiat'::text, 'crypto'::text, 'other'::text]))),
    CONSTRAINT ref_asset_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT ref_asset_scale_check CHECK (((scale >= 0) AND (scale <= 18)))
);
COMMENT ON TABLE bursar.ref_asset IS 'Assets with their number of decimals; rows of the nil tenant are shared by all.';
CREATE INDEX ref_asset_kind ON bursar.ref_asset USING btree (tenant_id, kind, code) WHERE (kind IS NOT NULL);
ALTER TABLE bursar.ref_asset ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.ref_asset FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON bursar.ref_asset TO bursar_owner
    USING (true)
    WITH CHECK (true);
CREATE POLICY tenant_insert ON bursar.ref_asset FOR INSERT
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE POLICY tenant_read ON bursar.ref_asset FOR SELECT
    USING ((tenant_id = ANY (ARRAY[( SELECT tenancy.current_tenant() AS current_tenant), '00000000-0000-0000-0000-000000000000'::uuid])));
CREATE TRIGGER shared_code AFTER INSERT OR UPDATE OF tenant_id, code ON bursar.ref_asset FOR EACH ROW EXECUTE FUNCTION tenancy.ref_asset_guard();
GRANT INSERT, SELECT ON bursar.ref_asset TO bursar_tenant;

CREATE TABLE bursar.trace_link (
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    resource_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trace_link_pkey PRIMARY KEY (tenant_id, kind, resource_id, transfer_id),
    CONSTRAINT trace_link_kind_check CHECK ((kind = ANY (ARRAY['position'::text, 'execution'::text])))
);
COMMENT ON TABLE bursar.trace_link IS 'Append-only: transfers of positions and executions, written with what moved the money.';
CREATE INDEX trace_link_transfer ON bursar.trace_link USING btree (tenant_id, transfer_id);
ALTER TABLE bursar.trace_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trace_link FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trace_link
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.trace_link FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.trace_link TO bursar_tenant;

CREATE TABLE bursar.trading_cursor (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    "position" bigint NOT NULL,
    forced boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT ''::text,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trading_cursor_pkey PRIMARY KEY (tenant_id, name),
    CONSTRAINT trading_cursor_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 64))),
    CONSTRAINT trading_cursor_position_check CHECK (("position" >= 0))
);
COMMENT ON TABLE bursar.trading_cursor IS 'Named marks of progress; each move is an audit event.';
ALTER TABLE bursar.trading_cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_cursor FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trading_cursor
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.trading_cursor TO bursar_tenant;
GRANT UPDATE ("position", forced, reason, updated_at) ON bursar.trading_cursor TO bursar_tenant;

CREATE TABLE bursar.trading_decision (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    strategy_id uuid NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    decision jsonb NOT NULL DEFAULT '{}'::jsonb,
    state text NOT NULL DEFAULT 'planned'::text,
    reason text NOT NULL DEFAULT ''::text,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trading_decision_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_decision_quantity_check CHECK ((quantity > (0)::numeric)),
    CONSTRAINT trading_decision_side_check CHECK ((side = ANY (ARRAY['buy'::text, 'sell'::text]))),
    CONSTRAINT trading_decision_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'executed'::text, 'cancelled'::text])))
);
COMMENT ON TABLE bursar.trading_decision IS 'What strategies decided, planned until it is executed or cancelled.';
CREATE INDEX trading_decision_state ON bursar.trading_decision USING btree (tenant_id, state, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX trading_decision_strategy ON bursar.trading_decision USING btree (tenant_id, strategy_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX trading_decision_symbol ON bursar.trading_decision USING btree (tenant_id, symbol, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
CREATE INDEX trading_decision_time ON bursar.trading_decision USING btree (tenant_id, created_at, id) WHERE (created_at > '-infinity'::timestamp with time zone);
ALTER TABLE bursar.trading_decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_decision FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trading_decision
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.trading_decision TO bursar_tenant;
GRANT UPDATE (state, reason, revision, updated_at) ON bursar.trading_decision TO bursar_tenant;

CREATE TABLE bursar.trading_execution (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    decision_id uuid NOT NULL,
    venue text NOT NULL,
    venue_order_id text NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    fee numeric NOT NULL,
    executed_at timestamp with time zone NOT NULL DEFAULT now(),
    raw_payload bytea NOT NULL,
    payload jsonb NOT NULL,
    transfer_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
    key_id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trading_execution_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_execution_fee_check CHECK ((fee >= (0)::numeric)),
    CONSTRAINT trading_execution_price_check CHECK ((price >= (0)::numeric)),
    CONSTRAINT trading_execution_quantity_check CHECK ((quantity > (0)::numeric)),
    CONSTRAINT trading_execution_side_check CHECK ((side = ANY (ARRAY['buy'::text, 'sell'::text])))
);
COMMENT ON TABLE bursar.trading_execution IS 'Append-only fills of decisions, one for each id of a venue.';
CREATE INDEX trading_execution_decision ON bursar.trading_execution USING btree (tenant_id, decision_id, recorded_at, id) WHERE (recorded_at > '-infinity'::timestamp with time zone);
CREATE UNIQUE INDEX trading_execution_order ON bursar.trading_execution USING btree (tenant_id, venue, venue_order_id) WHERE (venue_order_id IS NOT NULL);
CREATE INDEX trading_execution_time ON bursar.trading_execution USING btree (tenant_id, recorded_at, id) WHERE (recorded_at > '-infinity'::timestamp with time zone);
CREATE INDEX trading_execution_venue ON bursar.trading_execution USING btree (tenant_id, venue, recorded_at, id) WHERE (recorded_at > '-infinity'::timestamp with time zone);
ALTER TABLE bursar.trading_execution ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_execution FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trading_execution
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.trading_execution FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.trading_execution TO bursar_tenant;

CREATE TABLE bursar.trading_review (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    decision_id uuid NOT NULL,
    model text NOT NULL,
    verdict text NOT NULL,
    input jsonb NOT NULL,
    response jsonb NOT NULL,
    latency_ms bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    key_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trading_review_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_review_input_tokens_check CHECK ((input_tokens >= 0)),
    CONSTRAINT trading_review_latency_ms_check CHECK ((latency_ms >= 0)),
    CONSTRAINT trading_review_output_tokens_check CHECK ((output_tokens >= 0))
);
COMMENT ON TABLE bursar.trading_review IS 'Append-only reviews of decisions by language models.';
CREATE INDEX trading_review_decision ON bursar.trading_review USING btree (tenant_id, decision_id, created_at, id);
CREATE INDEX trading_review_model ON bursar.trading_review USING btree (tenant_id, model, created_at, id);
CREATE INDEX trading_review_time ON bursar.trading_review USING btree (tenant_id, created_at, id);
CREATE INDEX trading_review_verdict ON bursar.trading_review USING btree (tenant_id, verdict, created_at, id);
ALTER TABLE bursar.trading_review ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_review FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trading_review
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON bursar.trading_review FOR EACH STATEMENT EXECUTE FUNCTION tenancy.refuse_change();
GRANT INSERT, SELECT ON bursar.trading_review TO bursar_tenant;

CREATE TABLE bursar.trading_strategy (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT ''::text,
    definition jsonb NOT NULL DEFAULT '{}'::jsonb,
    state text NOT NULL DEFAULT 'enabled'::text,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    updated_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT trading_strategy_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT trading_strategy_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 64))),
    CONSTRAINT trading_strategy_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'disabled'::text])))
);
COMMENT ON TABLE bursar.trading_strategy IS 'What decides about trades.';
CREATE UNIQUE INDEX trading_strategy_name ON bursar.trading_strategy USING btree (tenant_id, name);
CREATE INDEX trading_strategy_state ON bursar.trading_strategy USING btree (tenant_id, state, id);
ALTER TABLE bursar.trading_strategy ENABLE ROW LEVEL SECURITY;
ALTER TABLE bursar.trading_strategy FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_own ON bursar.trading_strategy
    USING ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)))
    WITH CHECK ((tenant_id = ( SELECT tenancy.current_tenant() AS current_tenant)));
GRANT INSERT, SELECT ON bursar.trading_strategy TO bursar_tenant;
GRANT UPDATE (name, description, definition, state, revision, updated_at) ON bursar.trading_strategy TO bursar_tenant;

ALTER TABLE bursar.admin_api_key ADD CONSTRAINT admin_api_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES bursar.admin_tenant(tenant_id);
ALTER TABLE bursar.escrow_asset ADD CONSTRAINT escrow_asset_template_own FOREIGN KEY (tenant_id, institution_id, template_id) REFERENCES bursar.escrow_asset_template(tenant_id, institution_id, id);
ALTER TABLE bursar.escrow_asset_template ADD CONSTRAINT escrow_asset_template_institution FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution(tenant_id, id);
ALTER TABLE bursar.escrow_institution_tag ADD CONSTRAINT escrow_institution_tag_institution FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution(tenant_id, id);
ALTER TABLE bursar.escrow_ledger_event ADD CONSTRAINT escrow_ledger_event_position FOREIGN KEY (tenant_id, position_id) REFERENCES bursar.escrow_position(tenant_id, id);
ALTER TABLE bursar.escrow_policy ADD CONSTRAINT escrow_policy_institution FOREIGN KEY (tenant_id, institution_id) REFERENCES bursar.escrow_institution(tenant_id, id);
ALTER TABLE bursar.escrow_policy_change ADD CONSTRAINT escrow_policy_change_policy FOREIGN KEY (tenant_id, institution_id, region) REFERENCES bursar.escrow_policy(tenant_id, institution_id, region);
ALTER TABLE bursar.escrow_position ADD CONSTRAINT escrow_position_asset FOREIGN KEY (tenant_id, institution_id, template_id, asset_id) REFERENCES bursar.escrow_asset(tenant_id, institution_id, template_id, id);
ALTER TABLE bursar.escrow_position_event ADD CONSTRAINT escrow_position_event_position FOREIGN KEY (tenant_id, position_id) REFERENCES bursar.escrow_position(tenant_id, id);
ALTER TABLE bursar.trading_decision ADD CONSTRAINT trading_decision_of_strategy FOREIGN KEY (tenant_id, strategy_id) REFERENCES bursar.trading_strategy(tenant_id, id);
ALTER TABLE bursar.trading_execution ADD CONSTRAINT trading_execution_of_decision FOREIGN KEY (tenant_id, decision_id) REFERENCES bursar.trading_decision(tenant_id, id);
ALTER TABLE bursar.trading_review ADD CONSTRAINT trading_review_of_decision FOREIGN KEY (tenant_id, decision_id) REFERENCES bursar.trading_decision(tenant_id, id);
