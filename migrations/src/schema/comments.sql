-- Comments on tables and their columns, then on what hangs on a table.
SELECT format('%I.%I', s.schema, s.name), s.text
FROM (
    SELECT n.nspname AS schema, c.relname AS name, d.objsubid AS part, '' AS hung,
           CASE WHEN d.objsubid = 0
                THEN format('COMMENT ON %s %I.%I IS %L;', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
                            n.nspname, c.relname, d.description)
                ELSE format('COMMENT ON COLUMN %I.%I.%I IS %L;', n.nspname, c.relname, a.attname, d.description) END AS text
    FROM pg_description d
    JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
    WHERE n.nspname IN ('bursar', 'tenancy') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    UNION ALL
    SELECT n.nspname, c.relname, 10000, h.kind || h.name,
           CASE h.kind WHEN 'INDEX' THEN format('COMMENT ON INDEX %I.%I IS %L;', n.nspname, h.name, d.description)
                       ELSE format('COMMENT ON %s %I ON %I.%I IS %L;', h.kind, h.name, n.nspname, c.relname, d.description) END
    FROM (
        SELECT 'pg_class'::regclass AS class, i.indexrelid AS oid, i.indrelid AS owner, 'INDEX' AS kind, x.relname AS name
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
        UNION ALL SELECT 'pg_constraint'::regclass, oid, conrelid, 'CONSTRAINT', conname FROM pg_constraint
        UNION ALL SELECT 'pg_policy'::regclass, oid, polrelid, 'POLICY', polname FROM pg_policy
        UNION ALL SELECT 'pg_trigger'::regclass, oid, tgrelid, 'TRIGGER', tgname FROM pg_trigger
    ) h
    JOIN pg_description d ON d.objoid = h.oid AND d.classoid = h.class
    JOIN pg_class c ON c.oid = h.owner
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('bursar', 'tenancy') AND NOT c.relispartition
) s
ORDER BY s.schema COLLATE "C", s.name COLLATE "C", s.part, s.hung COLLATE "C"
