  AND external_reference = $12
ORDER BY created_at, id
LIMIT $13
