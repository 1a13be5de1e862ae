-- Who is a member of which of Bursar's roles, and of which roles they are members, as bootstrap and onboarding make it.
-- From PostgreSQL 16 on a membership says whether it inherits and may be taken; the JSON reads both shapes.
WITH ours AS (
    SELECT r.oid, r.rolname::text AS name, r.rolname ~ '^app_tenant_' AND r.rolname !~ '_0{32}$' AS onboarded FROM pg_roles r
    WHERE r.rolname IN ('bursar_owner', 'bursar_app', 'bursar_auth', 'bursar_platform', 'bursar_jobs', 'bursar_search',
                        'bursar_tenant', 'app_tenant_00000000000000000000000000000000')
       OR r.rolname ~ '^app_tenant_[0-9a-f]{32}$' AND EXISTS (
              SELECT FROM pg_namespace n WHERE n.nspname = 'tenant_' || right(r.rolname, 32))
), server AS (
    SELECT current_setting('server_version_num')::integer >= 160000 AS modern
), want AS (
    SELECT w.role, w.member, w.admin, w.inherit, w.settable
    FROM (
        VALUES ('bursar_auth', 'bursar_app', false, false, true),
               ('bursar_jobs', 'bursar_app', false, false, true),
               ('app_tenant_00000000000000000000000000000000', 'bursar_app', false, false, true),
               ('bursar_tenant', 'app_tenant_00000000000000000000000000000000', false, true, false),
               ('bursar_platform', 'app_tenant_00000000000000000000000000000000', false, true, false),
               ('bursar_search', 'bursar_owner', false, false, true)
        UNION ALL SELECT 'bursar_tenant', name, false, true, false FROM ours WHERE onboarded
        UNION ALL SELECT name, 'bursar_app', false, false, true FROM ours WHERE onboarded
        UNION ALL SELECT name, 'bursar_owner', true, false, false FROM ours, server
                  WHERE modern AND (onboarded OR name = 'bursar_tenant')
    ) AS w (role, member, admin, inherit, settable)
    -- A role that is missing is told as that.
    WHERE w.role IN (SELECT name FROM ours) AND w.member IN (SELECT name FROM ours)
), has AS (
    SELECT r.rolname::text AS role, m.rolname::text AS member, bool_or(a.admin_option) AS admin,
           bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, m.rolinherit)) AS inherit,
           bool_or(coalesce((to_jsonb(a) ->> 'set_option')::boolean, true)) AS settable,
           -- Administrators have all of it anyway, and who runs the migrations takes bursar_owner.
           m.oid NOT IN (SELECT oid FROM ours)
           AND (m.rolsuper OR r.rolname = 'bursar_owner' AND (m.rolcreaterole OR m.rolname = session_user)) AS expected
    FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
    WHERE (a.roleid IN (SELECT oid FROM ours) OR a.member IN (SELECT oid FROM ours))
      -- Tenants of other databases are told there.
      AND (r.rolname !~ '^app_tenant_' OR r.oid IN (SELECT oid FROM ours))
      AND (m.rolname !~ '^app_tenant_' OR m.oid IN (SELECT oid FROM ours))
    GROUP BY r.oid, r.rolname, m.oid, m.rolname, m.rolsuper, m.rolcreaterole
), pair AS (
    SELECT coalesce(w.role, h.role) AS role, coalesce(w.member, h.member) AS member, s.modern,
           w.role IS NOT NULL AS wanted, w.admin AS want_admin, w.inherit AS want_inherit, w.settable AS want_set,
           h.role IS NOT NULL AS there, h.admin, h.inherit, h.settable
    FROM server s CROSS JOIN (want w FULL JOIN has h ON (w.role, w.member) = (h.role, h.member))
    WHERE w.role IS NOT NULL
       -- From 16 on, whoever makes a role may administer it, and neither inherits nor takes it.
       OR NOT h.expected AND (h.inherit OR h.settable)
)
SELECT 'membership', format('%s of %s', p.member, p.role),
       CASE WHEN p.wanted THEN format('GRANT %I TO %I', p.role, p.member)
            || CASE WHEN p.modern THEN format(' WITH ADMIN %s, INHERIT %s', p.want_admin::text, p.want_inherit::text)
                    || CASE WHEN p.want_set THEN ', SET true' ELSE '' END
                    ELSE CASE WHEN p.want_admin THEN ' WITH ADMIN OPTION' ELSE '' END END || ';' END,
       CASE WHEN p.there THEN format('GRANT %I TO %I', p.role, p.member)
            || CASE WHEN p.modern THEN format(' WITH ADMIN %s, INHERIT %s', p.admin::text, p.inherit::text)
                    || CASE WHEN p.want_set IS NOT FALSE THEN format(', SET %s', p.settable::text) ELSE '' END
                    ELSE CASE WHEN p.admin THEN ' WITH ADMIN OPTION' ELSE '' END END || ';' END
FROM pair p
ORDER BY 2
