WITH old AS (
    SELECT tenant_id, request_id FROM bursar.operation_record
    WHERE recorded_at < now() - make_interval(days => $1)
    ORDER BY recorded_at
    LIMIT $2
), gone AS (
    DELETE FROM bursar.operation_record r USING old
    WHERE r.tenant_id = old.tenant_id AND r.request_id = old.request_id
    RETURNING 1
)
SELECT count(*) AS forgotten FROM gone
