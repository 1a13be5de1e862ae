-- Transactions that have been open for long, the oldest first; others' are seen with pg_read_all_stats.
SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.datname::text, ''), coalesce(a.application_name, ''),
       coalesce(a.state, ''), extract(epoch FROM clock_timestamp() - a.xact_start)::bigint
FROM pg_stat_activity a
WHERE a.xact_start < clock_timestamp() - make_interval(secs => $1::bigint)
  AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
ORDER BY a.xact_start
LIMIT $2
