-- Rights on the database itself and on schema public. CONNECT for roles of other programs is their administrator's.
WITH has AS (
    SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS grantee,
           a.privilege_type AS name, bool_or(a.is_grantable) AS grantable
    FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    WHERE d.datname = current_database() AND a.grantee <> d.datdba
    GROUP BY a.grantee, a.privilege_type
), want (name, grantee) AS (
    VALUES ('CREATE', 'bursar_owner'), ('CONNECT', 'bursar_app')
), pair AS (
    SELECT name, grantee, w.name IS NOT NULL AS wanted,
           h.name IS NOT NULL
           -- By another way, such as the database being its own.
           OR w.name = 'CREATE' AND coalesce(has_database_privilege(to_regrole(w.grantee), current_database(), 'CREATE'), false)
           AS there,
           coalesce(h.grantable, false) AS grantable
    FROM want w FULL JOIN has h USING (name, grantee)
)
SELECT 'database grant', format('%s on database %I to %s', p.name, current_database(), p.grantee),
       CASE WHEN p.wanted THEN format('GRANT %s ON DATABASE %I TO %s;', p.name, current_database(), p.grantee) END,
       CASE WHEN p.there THEN format('GRANT %s ON DATABASE %I TO %s%s;', p.name, current_database(),
                                     CASE WHEN p.grantee = 'PUBLIC' THEN p.grantee ELSE quote_ident(p.grantee) END,
                                     CASE WHEN p.grantable THEN ' WITH GRANT OPTION' ELSE '' END) END
FROM pair p
WHERE p.wanted OR p.grantee = 'PUBLIC' OR p.name = 'CREATE' OR p.grantee ~ '^(bursar|app_tenant)_'
UNION ALL
SELECT 'grant', format('%s on schema public to PUBLIC', a.privilege_type), NULL,
       format('GRANT %s ON SCHEMA public TO PUBLIC;', a.privilege_type)
FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
WHERE n.nspname = 'public' AND a.grantee = 0
  -- Bootstrap warns where it may not take it away, and goes on.
  AND pg_has_role(session_user, n.nspowner, 'USAGE')
ORDER BY 1, 2
