ORDER BY occurred_at, id
LIMIT $9
