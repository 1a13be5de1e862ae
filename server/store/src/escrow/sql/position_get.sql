  AND id = $2
