SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolbypassrls AS bypasses, r.rolinherit AS inherits,
       ARRAY(SELECT wanted FROM unnest(ARRAY['bursar_auth', 'bursar_jobs', 'app_tenant_00000000000000000000000000000000'])
             AS wanted
             WHERE NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = wanted AND pg_has_role(r.oid, g.oid, 'MEMBER'))
       ) AS missing
FROM pg_roles r WHERE r.rolname = current_user
