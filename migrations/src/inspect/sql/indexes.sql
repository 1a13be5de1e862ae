-- Indexes that are invalid, and those that nothing has read and no constraint needs.
SELECT i.relname::text, t.relname::text, x.indisvalid AND x.indisready, pg_relation_size(i.oid),
       coalesce(pg_stat_get_numscans(i.oid), 0), x.indisunique
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = 'bursar'
ORDER BY i.relname
