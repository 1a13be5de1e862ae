  AND kind = $8
ORDER BY occurred_at, id
LIMIT $9
