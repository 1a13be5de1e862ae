  AND state = $11
ORDER BY created_at, id
LIMIT $13
