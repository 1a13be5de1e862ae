-- Roles stay: other databases of the cluster may use them. Tenants' schemas go, for they hold only views.
DO $$
DECLARE
    leftover record;
BEGIN
    FOR leftover IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^tenant_[0-9a-f]{32}$' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', leftover.nspname);
    END LOOP;
END $$;
DROP FUNCTION IF EXISTS tenancy.offboard_tenant(uuid);
DROP FUNCTION IF EXISTS tenancy.create_tenant(uuid, text, integer, integer, uuid, text, bytea);
DROP FUNCTION IF EXISTS tenancy.refresh_views(uuid);
DROP FUNCTION IF EXISTS tenancy.find_key(uuid);
DROP TABLE IF EXISTS bursar.admin_api_key;
DROP TABLE IF EXISTS bursar.admin_tenant;
DROP FUNCTION IF EXISTS tenancy.schema_version();
DROP FUNCTION IF EXISTS tenancy.refuse_change();
DROP FUNCTION IF EXISTS tenancy.current_tenant();
DROP FUNCTION IF EXISTS tenancy.refuse_tenant();
DROP SCHEMA IF EXISTS tenancy;
DROP SCHEMA IF EXISTS bursar;
