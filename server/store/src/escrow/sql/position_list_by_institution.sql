  AND institution_id = $6
ORDER BY created_at, id
LIMIT $13
