SELECT p.gid, p.database::text, p.owner::text, extract(epoch FROM clock_timestamp() - p.prepared)::bigint
FROM pg_prepared_xacts p
ORDER BY p.prepared
LIMIT $1
