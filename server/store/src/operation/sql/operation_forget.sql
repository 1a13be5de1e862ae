-- From the first to the last of the $2 oldest: a range, so that the index finds what goes as well.
WITH oldest AS (
    SELECT min(recorded_at) AS first, max(recorded_at) AS last
    FROM (SELECT recorded_at FROM bursar.operation_record
          WHERE recorded_at < now() - make_interval(days => $1)
          ORDER BY recorded_at
          LIMIT $2) AS old
), gone AS (
    DELETE FROM bursar.operation_record
    WHERE recorded_at >= (SELECT first FROM oldest) AND recorded_at <= (SELECT last FROM oldest)
    RETURNING 1
)
SELECT count(*) AS forgotten FROM gone
