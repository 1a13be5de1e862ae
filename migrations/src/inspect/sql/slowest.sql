-- Statements of this database by the time they took in all. Only those whose values the extension takes out: the text
-- of a utility statement may hold a password.
SELECT left(regexp_replace(s.query, '\s+', ' ', 'g'), $1), s.calls, s.mean_exec_time::bigint, s.rows / greatest(s.calls, 1),
       (s.shared_blks_hit + s.shared_blks_read) / greatest(s.calls, 1)
FROM pg_stat_statements s
WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND s.query ~* '^\s*(select|insert|update|delete|with|merge)\s' AND s.query LIKE '%bursar.%'
ORDER BY s.total_exec_time DESC
LIMIT $2
