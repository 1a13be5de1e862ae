  AND a.id = $2
