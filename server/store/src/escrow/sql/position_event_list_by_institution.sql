  AND institution_id = $7
ORDER BY occurred_at, id
LIMIT $9
