-- How much WAL each replication slot keeps from being removed.
SELECT s.slot_name::text, s.active, coalesce(s.wal_status, ''),
       coalesce(pg_wal_lsn_diff(
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
           s.restart_lsn), 0)::bigint
FROM pg_replication_slots s
ORDER BY s.slot_name
