SELECT a.archived_count, extract(epoch FROM clock_timestamp() - a.last_archived_time)::bigint,
       coalesce(a.last_failed_time > a.last_archived_time OR a.last_failed_time IS NOT NULL AND a.last_archived_time IS NULL, false)
FROM pg_stat_archiver a
