  AND holder_reference = $9
ORDER BY created_at, id
LIMIT $13
