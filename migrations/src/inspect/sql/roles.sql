-- Bursar's own roles, tenants' roles that are more than they should be, and whoever else is above row-level security.
SELECT r.rolname::text, r.rolcanlogin, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolsuper, r.rolreplication,
       r.rolbypassrls
FROM pg_roles r
WHERE r.rolname = ANY ($1)
   OR r.rolbypassrls AND NOT r.rolsuper
   OR r.rolname ~ '^app_tenant_[0-9a-f]{32}$'
      AND (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb)
ORDER BY r.rolname
