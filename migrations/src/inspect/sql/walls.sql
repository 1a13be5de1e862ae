-- Row-level security of each table: the switches, policies that keep tenants apart, and policies for everybody that do not.
SELECT c.relname::text, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT count(*)::integer FROM pg_policy p
        WHERE p.polrelid = c.oid AND p.polroles = '{0}'
          AND pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid) LIKE '%current_tenant()%'),
       ARRAY(SELECT p.polname::text FROM pg_policy p
             WHERE p.polrelid = c.oid AND p.polroles = '{0}' AND p.polpermissive
               AND pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid) NOT LIKE '%current_tenant()%'
             ORDER BY p.polname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'bursar' AND c.relkind IN ('r', 'p')
ORDER BY c.relname
