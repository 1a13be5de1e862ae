-- Triggers that people wrote, not those of foreign keys; a disabled one says so.
SELECT format('%I.%I', n.nspname, c.relname),
       pg_get_triggerdef(t.oid) || ';'
       || CASE t.tgenabled WHEN 'O' THEN ''
               ELSE E'\n' || format('ALTER TABLE %I.%I %s TRIGGER %I;', n.nspname, c.relname,
                                    CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                                                     ELSE 'ENABLE ALWAYS' END, t.tgname) END
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('bursar', 'tenancy') AND NOT t.tgisinternal AND NOT c.relispartition
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", t.tgname COLLATE "C"
