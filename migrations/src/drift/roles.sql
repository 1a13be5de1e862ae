-- Attributes and settings of Bursar's roles, and of the roles of the tenants that this database has. Roles belong to the
-- cluster: tenants of its other databases are told there.
WITH ours AS (
    SELECT r.* FROM pg_roles r
    WHERE r.rolname IN ('bursar_owner', 'bursar_app', 'bursar_auth', 'bursar_platform', 'bursar_jobs', 'bursar_search',
                        'bursar_tenant', 'app_tenant_00000000000000000000000000000000')
       OR r.rolname ~ '^app_tenant_[0-9a-f]{32}$' AND EXISTS (
              SELECT FROM pg_namespace n WHERE n.nspname = 'tenant_' || right(r.rolname, 32))
), want (name, attributes) AS (
    VALUES ('bursar_owner', 'NOLOGIN INHERIT CREATEROLE'), ('bursar_app', 'LOGIN NOINHERIT NOCREATEROLE')
    UNION ALL
    SELECT name, 'NOLOGIN INHERIT NOCREATEROLE'
    FROM (VALUES ('bursar_auth'), ('bursar_platform'), ('bursar_jobs'), ('bursar_search'), ('bursar_tenant'),
                 ('app_tenant_00000000000000000000000000000000')) AS plain (name)
    UNION
    SELECT rolname, 'NOLOGIN INHERIT NOCREATEROLE' FROM ours WHERE rolname ~ '^app_tenant_'
), setting (role, name, value) AS (
    VALUES ('bursar_app', 'plan_cache_mode', 'force_generic_plan'),
           ('bursar_app', 'enable_seqscan', 'off'),
           ('bursar_app', 'enable_hashjoin', 'off'),
           ('bursar_app', 'enable_mergejoin', 'off'),
           ('bursar_app', 'jit', 'off'),
           ('bursar_app', 'idle_in_transaction_session_timeout', '60s')
), has AS (
    SELECT o.rolname::text AS role, split_part(c.entry, '=', 1) AS name, substr(c.entry, strpos(c.entry, '=') + 1) AS value,
           CASE WHEN s.setdatabase = 0 THEN '' ELSE format(' IN DATABASE %I', current_database()) END AS part
    FROM pg_db_role_setting s JOIN ours o ON o.oid = s.setrole, unnest(s.setconfig) AS c (entry)
    WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
)
SELECT 'role', w.name, format('CREATE ROLE %I %s;', w.name, w.attributes),
       CASE WHEN o.oid IS NOT NULL THEN format('CREATE ROLE %I %s;', o.rolname, concat_ws(' ',
           CASE WHEN o.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
           CASE WHEN o.rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
           CASE WHEN o.rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
           CASE WHEN o.rolsuper THEN 'SUPERUSER' END,
           CASE WHEN o.rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN o.rolreplication THEN 'REPLICATION' END,
           -- Not every administrator may give it to bursar_search; bootstrap warns then, and all works without it.
           CASE WHEN o.rolbypassrls AND o.rolname <> 'bursar_search' THEN 'BYPASSRLS' END)) END
FROM want w LEFT JOIN ours o ON o.rolname = w.name
UNION ALL
SELECT 'role setting', format('%s of %s%s', coalesce(s.name, h.name), coalesce(s.role, h.role), replace(coalesce(h.part, ''), 'IN DATABASE', 'in database')),
       CASE WHEN s.name IS NOT NULL THEN format('ALTER ROLE %I SET %s = %L;', s.role, s.name, s.value) END,
       CASE WHEN h.name IS NOT NULL THEN format('ALTER ROLE %I%s SET %s = %L;', h.role, h.part, h.name, h.value) END
FROM (SELECT * FROM setting WHERE EXISTS (SELECT FROM ours WHERE rolname = setting.role)) s
FULL JOIN has h ON (s.role, s.name, '') = (h.role, h.name, h.part)
ORDER BY 1, 2
