-- Rights on tables and views, then on columns (one line for each right); the owner's own go without saying
-- unless one was taken away.
SELECT g.name, format(CASE g.part WHEN 3 THEN 'REVOKE %s ON %s FROM %s;' ELSE 'GRANT %s ON %s TO %s;' END,
                      string_agg(DISTINCT g.right_ COLLATE "C", ', ' ORDER BY g.right_ COLLATE "C"), g.name, g.grantee)
FROM (
    SELECT 1 AS part, format('%I.%I', n.nspname, c.relname) AS name, a.privilege_type AS right_,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
           || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS grantee
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
    WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
      AND a.grantee <> c.relowner
    UNION ALL
    SELECT 2, format('%I.%I', n.nspname, c.relname),
           format('%s (%s)', a.privilege_type, string_agg(quote_ident(t.attname), ', ' ORDER BY t.attnum)),
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
           || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
         aclexplode(t.attacl) a
    WHERE n.nspname IN ('bursar', 'tenancy') AND NOT c.relispartition AND NOT t.attisdropped AND a.grantee <> c.relowner
    GROUP BY n.nspname, c.relname, a.privilege_type, a.grantee, a.is_grantable
    UNION ALL
    SELECT 3, format('%I.%I', n.nspname, c.relname), own.privilege_type, quote_ident(pg_get_userbyid(c.relowner))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(acldefault('r', c.relowner)) own
    WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relacl IS NOT NULL AND own.privilege_type <> 'MAINTAIN'
      AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) a
                      WHERE a.grantee = c.relowner AND a.privilege_type = own.privilege_type)
) g
GROUP BY g.name, g.part, g.grantee
ORDER BY g.name COLLATE "C", g.part, g.grantee COLLATE "C"
