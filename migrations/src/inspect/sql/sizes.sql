-- The size of the log's directory is for pg_monitor only.
SELECT pg_database_size(current_database()),
       coalesce((SELECT d.temp_bytes FROM pg_stat_database d WHERE d.datname = current_database()), 0),
       has_function_privilege('pg_ls_waldir()', 'EXECUTE')
