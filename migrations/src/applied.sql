SELECT version, description, to_char(installed_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), checksum
FROM migration.applied
ORDER BY version
