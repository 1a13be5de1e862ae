-- What a session of the service's login begins with.
SELECT split_part(c.pair, '=', 1), substr(c.pair, strpos(c.pair, '=') + 1)
FROM pg_db_role_setting s, unnest(s.setconfig) AS c (pair)
WHERE s.setrole = (SELECT r.oid FROM pg_roles r WHERE r.rolname = 'bursar_app')
  AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
ORDER BY s.setdatabase
