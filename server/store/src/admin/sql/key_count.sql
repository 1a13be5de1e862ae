-- Locks nothing: two keys made at once may pass the limit by one, which is a limit of care, not of money.
SELECT (SELECT count(*) FROM bursar.admin_api_key
        WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS live,
       (SELECT max_api_keys FROM bursar.admin_tenant WHERE tenant_id = $1) AS maximum
