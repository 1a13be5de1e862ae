-- What the dump has no text for: it refuses, and `migrate diff` names it, rather than leave something out unsaid.
WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('bursar', 'tenancy'))
SELECT DISTINCT u.name, u.kind FROM (
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                          WHEN 'c' THEN 'composite type' ELSE 'sequence' END AS kind
    FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm', 'f', 'c', 'S')
      -- The sequence of an identity column belongs to its column.
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
    UNION ALL
    SELECT format('%I.%I', n.nspname, t.typname), 'type'
    FROM pg_type t JOIN ours n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r')
    UNION ALL
    SELECT format('%I.%I', n.nspname, p.proname), CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function with a body of statements' END
    FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
    WHERE p.prokind = 'a' OR pg_get_function_sqlbody(p.oid) LIKE 'BEGIN ATOMIC%'
    UNION ALL
    -- Operators, collations, statistics, default privileges and whatever else can live in a schema. What is published
    -- is the operator's to choose.
    SELECT i.identity, i.type
    FROM pg_depend d JOIN ours n ON n.oid = d.refobjid, pg_identify_object(d.classid, d.objid, 0) i
    WHERE d.refclassid = 'pg_namespace'::regclass
      AND d.classid NOT IN ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass,
                            'pg_publication_namespace'::regclass)
    UNION ALL
    SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), 'virtual generated column'
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ours n ON n.oid = c.relnamespace
    WHERE a.attgenerated = 'v'
    UNION ALL
    SELECT format('%I.%I', n.nspname, x.relname), 'invalid index'
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN ours n ON n.oid = x.relnamespace
    WHERE NOT i.indisvalid
    UNION ALL
    SELECT format('%I.%I', n.nspname, c.relname), 'inheritance'
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid JOIN ours n ON n.oid = c.relnamespace
    WHERE NOT c.relispartition AND c.relkind = 'r'
    UNION ALL
    SELECT format('%I.%I.%I', n.nspname, c.relname, r.rulename), 'rule'
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN ours n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p')
    UNION ALL
    -- With its triggers off, a foreign key is still there and checks nothing.
    SELECT format('%I.%I.%I', n.nspname, c.relname, k.conname), 'foreign key with disabled triggers'
    FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
    JOIN pg_class c ON c.oid = k.conrelid JOIN ours n ON n.oid = c.relnamespace
    WHERE t.tgisinternal AND t.tgenabled <> 'O'
    UNION ALL
    SELECT format('%I.%I.%I', n.nspname, c.relname, k.conname), 'not null constraint that is not valid'
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN ours n ON n.oid = c.relnamespace
    WHERE k.contype = 'n' AND NOT k.convalidated
) u
ORDER BY u.kind, u.name
