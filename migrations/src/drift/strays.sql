-- What nobody should have made, where the schema's text does not look: partitions' own rights, the migrations'
-- bookkeeping, rights that objects yet to be made would get.
SELECT 'grant', format('%s on %I.%I to %s', a.privilege_type, n.nspname, c.relname, g.name), NULL,
       format('GRANT %s ON %I.%I TO %s;', a.privilege_type, n.nspname, c.relname, g.name)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a,
     LATERAL (SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS g (name)
WHERE (n.nspname IN ('bursar', 'tenancy') AND c.relispartition OR n.nspname = 'migration') AND a.grantee <> c.relowner
UNION ALL
SELECT 'grant', format('%s on schema %I to %s', a.privilege_type, n.nspname, g.name), NULL,
       format('GRANT %s ON SCHEMA %I TO %s;', a.privilege_type, n.nspname, g.name)
FROM pg_namespace n, aclexplode(n.nspacl) a,
     LATERAL (SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS g (name)
WHERE n.nspname = 'migration' AND a.grantee <> n.nspowner
UNION ALL
SELECT i.type, i.identity, NULL, format('%s %s', i.type, i.identity)
FROM pg_depend d JOIN pg_namespace n ON n.oid = d.refobjid, pg_identify_object(d.classid, d.objid, 0) i
WHERE d.refclassid = 'pg_namespace'::regclass AND n.nspname = 'migration'
  AND d.objid <> to_regclass('migration.applied')
UNION ALL
SELECT 'owner', format('table %s', c.oid::regclass), 'ALTER TABLE migration.applied OWNER TO bursar_owner;',
       format('ALTER TABLE migration.applied OWNER TO %I;', pg_get_userbyid(c.relowner))
FROM pg_class c WHERE c.oid = to_regclass('migration.applied')
UNION ALL
SELECT i.type, i.identity, NULL, format('%s %s', i.type, i.identity)
FROM pg_default_acl d, pg_identify_object('pg_default_acl'::regclass, d.oid, 0) i
WHERE d.defaclnamespace = 0 AND pg_get_userbyid(d.defaclrole) ~ '^(bursar|app_tenant)_'
ORDER BY 1, 2
