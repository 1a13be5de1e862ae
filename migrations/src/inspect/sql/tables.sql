SELECT t.relname::text, t.n_live_tup, t.n_dead_tup, t.seq_scan, t.seq_tup_read, coalesce(t.idx_scan, 0),
       extract(epoch FROM clock_timestamp() - greatest(t.last_vacuum, t.last_autovacuum))::bigint,
       t.n_tup_ins + t.n_tup_upd + t.n_tup_del
FROM pg_stat_user_tables t
WHERE t.schemaname = 'bursar'
ORDER BY t.relname
