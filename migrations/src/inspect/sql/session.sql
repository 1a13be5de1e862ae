-- The server and this login; any login may see it.
SELECT current_setting('server_version_num')::integer,
       split_part(current_setting('server_version'), ' ', 1),
       current_user::text,
       current_setting('is_superuser')::boolean,
       pg_is_in_recovery(),
       coalesce((SELECT s.version FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid() AND s.ssl), ''),
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
       pg_has_role(current_user, 'pg_read_all_settings', 'USAGE'),
       EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'bursar_owner' AND pg_has_role(current_user, r.oid, 'MEMBER'))
