-- Foreign keys, when all tables are there.
SELECT format('%I.%I', n.nspname, c.relname),
       format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s;', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('bursar', 'tenancy') AND k.contype = 'f' AND NOT c.relispartition AND k.conparentid = 0
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C"
