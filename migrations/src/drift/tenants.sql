-- Tenants' reporting schemas: a view of each table with tenants' data, read with the reader's own rights, by that
-- tenant's role alone. Faults of views are counted over all tenants; objects and rights that were added are named.
WITH tenant AS (
    SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl, 'app_tenant_' || right(n.nspname, 32) AS role
    FROM pg_namespace n WHERE n.nspname ~ '^tenant_[0-9a-f]{32}$'
), source AS (
    -- As tenancy.refresh_views chooses them.
    SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'bursar' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname !~ '^(admin|operation)_'
), object AS (
    SELECT c.oid, t.name AS schema, c.relname::text AS name, c.relkind, c.relowner, c.reloptions, c.relacl, t.role
    FROM pg_class c JOIN tenant t ON t.oid = c.relnamespace
), fault AS (
    SELECT s.name, t.name AS schema,
           CASE WHEN o.oid IS NULL OR o.relkind <> 'v' THEN 'missing'
                WHEN NOT coalesce('security_invoker=true' = ANY (o.reloptions), false) THEN 'not security_invoker'
                WHEN pg_get_userbyid(o.relowner) <> 'bursar_owner' THEN 'not owned by bursar_owner'
                -- Before PostgreSQL 16 the columns of a view's text name their table.
                WHEN pg_get_viewdef(o.oid) <> (
                         SELECT format(E' SELECT %s\n   FROM bursar.%I;', string_agg(
                                    CASE WHEN current_setting('server_version_num')::integer < 160000
                                         THEN quote_ident(s.name) || '.' ELSE '' END || quote_ident(a.attname),
                                    E',\n    ' ORDER BY a.attnum), s.name)
                         FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped)
                THEN 'another query than SELECT * FROM bursar.' || s.name END AS text
    FROM tenant t CROSS JOIN source s LEFT JOIN object o ON (o.schema, o.name) = (t.name, s.name)
), right_ AS (
    SELECT a.privilege_type AS name, format('schema %I', t.name) AS object, t.role, a.grantee,
           a.privilege_type = 'USAGE' AS fits
    FROM tenant t, aclexplode(t.nspacl) a WHERE a.grantee <> t.nspowner
    UNION ALL
    SELECT a.privilege_type, format('%I.%I', o.schema, o.name), o.role, a.grantee, a.privilege_type = 'SELECT'
    FROM object o, aclexplode(o.relacl) a WHERE a.grantee <> o.relowner
    UNION ALL
    SELECT format('%s (%I)', a.privilege_type, c.attname), format('%I.%I', o.schema, o.name), o.role, a.grantee, false
    FROM object o JOIN pg_attribute c ON c.attrelid = o.oid, aclexplode(c.attacl) a WHERE a.grantee <> o.relowner
)
SELECT 'tenant view', f.name, format('CREATE VIEW %I WITH (security_invoker = true) AS SELECT * FROM bursar.%I;', f.name, f.name),
       string_agg(f.words, '; ' ORDER BY f.words)
FROM (SELECT name, format('%s in %s of %s schemas, such as %s', text, count(*), (SELECT count(*) FROM tenant), min(schema)) AS words
      FROM fault WHERE text IS NOT NULL GROUP BY name, text) f
GROUP BY f.name
UNION ALL
SELECT i.type, i.identity, NULL, format('%s %s', i.type, i.identity)
FROM pg_depend d JOIN tenant t ON t.oid = d.refobjid, pg_identify_object(d.classid, d.objid, 0) i
WHERE d.refclassid = 'pg_namespace'::regclass
  AND NOT (d.classid = 'pg_class'::regclass AND EXISTS (
               SELECT FROM object o JOIN source s ON s.name = o.name WHERE o.oid = d.objid AND o.relkind = 'v'))
UNION ALL
SELECT 'grant', format('%s on %s to %s', r.name, r.object, g.name), NULL, format('GRANT %s ON %s TO %s;', r.name,
       CASE WHEN r.object LIKE 'schema %' THEN 'SCHEMA' || substr(r.object, 7) ELSE r.object END, g.name)
FROM right_ r, LATERAL (SELECT CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE r.grantee::regrole::text END) AS g (name)
WHERE NOT (r.fits AND g.name = r.role)
UNION ALL
SELECT 'tenant role', t.role, format('CREATE ROLE %I NOLOGIN;', t.role), NULL
FROM tenant t WHERE to_regrole(t.role) IS NULL
UNION ALL
SELECT 'grant', format('%s on %s to %s', w.name, w.object, w.role), format('GRANT %s ON %s TO %I;', w.name, w.object, w.role), NULL
FROM (SELECT 'SELECT' AS name, format('%I.%I', o.schema, o.name) AS object, o.role
      FROM object o JOIN source s ON s.name = o.name WHERE o.relkind = 'v'
      UNION ALL
      SELECT 'USAGE', format('schema %I', t.name), t.role FROM tenant t) w
WHERE to_regrole(w.role) IS NOT NULL
  AND NOT EXISTS (SELECT FROM right_ r WHERE (r.object, r.name) = (w.object, w.name) AND r.grantee = to_regrole(w.role)::oid)
ORDER BY 1, 2
