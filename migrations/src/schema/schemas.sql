-- Schemas, their owners (where it is not bursar_owner), comments and grants; the owner's own rights go without saying
-- unless one was taken away.
SELECT n.nspname::text, format('CREATE SCHEMA IF NOT EXISTS %I;', n.nspname)
       || CASE WHEN pg_get_userbyid(n.nspowner) <> 'bursar_owner'
               THEN E'\n' || format('ALTER SCHEMA %I OWNER TO %I;', n.nspname, pg_get_userbyid(n.nspowner)) ELSE '' END
       || coalesce(E'\n' || format('COMMENT ON SCHEMA %I IS ', n.nspname) || quote_literal(obj_description(n.oid, 'pg_namespace')) || ';', '')
       || coalesce(E'\n' || (
           SELECT string_agg(format('GRANT %s ON SCHEMA %I TO %s;', g.rights, n.nspname, g.grantee), E'\n'
                             ORDER BY g.grantee COLLATE "C")
           FROM (SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                        || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS grantee,
                        string_agg(DISTINCT a.privilege_type COLLATE "C", ', ' ORDER BY a.privilege_type COLLATE "C") AS rights
                 FROM aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner GROUP BY a.grantee, a.is_grantable) g), '')
       || coalesce(E'\n' || (
           SELECT string_agg(format('REVOKE %s ON SCHEMA %I FROM %I;', own.privilege_type, n.nspname,
                                    pg_get_userbyid(n.nspowner)), E'\n' ORDER BY own.privilege_type COLLATE "C")
           FROM aclexplode(acldefault('n', n.nspowner)) own
           WHERE n.nspacl IS NOT NULL AND NOT EXISTS (
               SELECT FROM aclexplode(n.nspacl) a
               WHERE a.grantee = n.nspowner AND a.privilege_type = own.privilege_type)), '')
FROM pg_namespace n
WHERE n.nspname IN ('bursar', 'tenancy')
ORDER BY n.nspname COLLATE "C"
