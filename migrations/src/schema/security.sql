-- Row-level security: switches, then policies.
SELECT s.name, s.text
FROM (
    SELECT format('%I.%I', n.nspname, c.relname) AS name, 1 AS part, '' AS policy,
           format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY;', n.nspname, c.relname)
           || CASE WHEN c.relforcerowsecurity
                   THEN E'\n' || format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY;', n.nspname, c.relname) ELSE '' END AS text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relrowsecurity
    UNION ALL
    SELECT format('%I.%I', n.nspname, c.relname), 2, p.polname,
           format('CREATE POLICY %I ON %I.%I%s%s', p.polname, n.nspname, c.relname,
                  CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END,
                  CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT'
                                WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END)
           || CASE WHEN p.polroles = '{0}' THEN ''
                   ELSE ' TO ' || (SELECT string_agg(r.role::regrole::text, ', ' ORDER BY r.role::regrole::text COLLATE "C")
                                   FROM unnest(p.polroles) AS r (role)) END
           || coalesce(E'\n    USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(E'\n    WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') || ';'
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND NOT c.relispartition
) s
ORDER BY s.name COLLATE "C", s.part, s.policy COLLATE "C"
