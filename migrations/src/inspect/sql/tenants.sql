-- Tenants of the registry without what onboarding makes for each: a role that the service may take, and a schema.
WITH live AS (
    SELECT t.tenant_id::text AS id, replace(t.tenant_id::text, '-', '') AS hex, t.requests_per_second
    FROM bursar.admin_tenant t
    WHERE t.state <> 'deleted' AND t.tenant_id <> '00000000-0000-0000-0000-000000000000'
)
SELECT (SELECT count(*) FROM live),
       (SELECT count(*) FROM live WHERE requests_per_second = 0),
       ARRAY(SELECT id FROM live WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'app_tenant_' || hex)
             ORDER BY id LIMIT $1),
       ARRAY(SELECT id FROM live WHERE EXISTS (
                 SELECT FROM pg_roles r, pg_roles app
                 WHERE r.rolname = 'app_tenant_' || hex AND app.rolname = 'bursar_app'
                   AND NOT pg_has_role(app.oid, r.oid, 'MEMBER'))
             ORDER BY id LIMIT $1),
       ARRAY(SELECT id FROM live WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'tenant_' || hex)
             ORDER BY id LIMIT $1)
