-- Places for connections, and who takes them; `reserved_connections` came with 16. Only application names and
-- addresses of others are used, and addresses are seen by an administrator only.
SELECT current_setting('max_connections')::integer,
       current_setting('superuser_reserved_connections')::integer
           + coalesce(current_setting('reserved_connections', true), '0')::integer,
       (SELECT coalesce(sum(d.numbackends), 0)::integer FROM pg_stat_database d),
       (SELECT count(*)::integer FROM pg_stat_activity a WHERE a.application_name = 'bursar'),
       (SELECT count(DISTINCT a.client_addr)::integer FROM pg_stat_activity a WHERE a.application_name = 'bursar'),
       coalesce((SELECT r.rolconnlimit FROM pg_roles r WHERE r.rolname = 'bursar_app'), -1)
