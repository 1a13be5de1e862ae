-- Comments on tables, views and their columns.
SELECT format('%I.%I', n.nspname, c.relname),
       CASE WHEN d.objsubid = 0
            THEN format('COMMENT ON %s %I.%I IS %L;', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
                        n.nspname, c.relname, d.description)
            ELSE format('COMMENT ON COLUMN %I.%I.%I IS %L;', n.nspname, c.relname, a.attname, d.description) END
FROM pg_description d
JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", d.objsubid
