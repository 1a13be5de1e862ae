-- Values are in the base units of pg_settings. What this login may not see is not among them.
SELECT s.name, s.setting FROM pg_settings s WHERE s.name = ANY ($1)
