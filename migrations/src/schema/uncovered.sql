-- What the dump has no text for; it refuses rather than leave something out unsaid.
SELECT DISTINCT u.name, u.kind FROM (
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                          WHEN 'c' THEN 'composite type' ELSE 'sequence' END AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('v', 'm', 'f', 'c', 'S')
      -- The sequence of an identity column belongs to its column.
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
    UNION ALL
    SELECT format('%I.%I', n.nspname, t.typname), 'type'
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND t.typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT format('%I.%I', n.nspname, p.proname), 'aggregate'
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND p.prokind = 'a'
    UNION ALL
    SELECT format('%I.%I', n.nspname, s.stxname), 'statistics'
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE n.nspname IN ('bursar', 'tenancy')
    UNION ALL
    SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), 'virtual generated column'
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND a.attgenerated = 'v'
    UNION ALL
    SELECT format('%I', n.nspname), 'default privileges in'
    FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace
    WHERE n.nspname IN ('bursar', 'tenancy')
    UNION ALL
    SELECT format('%I.%I', n.nspname, x.relname), 'invalid index'
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND NOT i.indisvalid
    UNION ALL
    SELECT format('%I.%I', n.nspname, c.relname), 'inheritance'
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND NOT c.relispartition AND c.relkind = 'r'
) u
ORDER BY u.kind, u.name
