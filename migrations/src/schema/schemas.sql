-- Schemas, their comments and grants.
SELECT n.nspname::text, format('CREATE SCHEMA IF NOT EXISTS %I;', n.nspname)
       || coalesce(E'\n' || format('COMMENT ON SCHEMA %I IS ', n.nspname) || quote_literal(obj_description(n.oid, 'pg_namespace')) || ';', '')
       || coalesce(E'\n' || (
           SELECT string_agg(format('GRANT %s ON SCHEMA %I TO %s;', g.rights, n.nspname, g.grantee), E'\n'
                             ORDER BY g.grantee COLLATE "C")
           FROM (SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                        || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS grantee,
                        string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type COLLATE "C") AS rights
                 FROM aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner GROUP BY a.grantee, a.is_grantable) g), '')
FROM pg_namespace n
WHERE n.nspname IN ('bursar', 'tenancy')
ORDER BY n.nspname COLLATE "C"
