  AND position_id = $6
ORDER BY occurred_at, id
LIMIT $9
