SELECT d.datname::text, age(d.datfrozenxid)::bigint
FROM pg_database d
WHERE d.datallowconn
ORDER BY age(d.datfrozenxid) DESC
LIMIT 1
