  AND asset_id = $7
ORDER BY created_at, id
LIMIT $13
