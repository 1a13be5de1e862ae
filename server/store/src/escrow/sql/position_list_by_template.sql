  AND template_id = $8
ORDER BY created_at, id
LIMIT $13
