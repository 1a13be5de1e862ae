  AND currency = $10
ORDER BY created_at, id
LIMIT $13
