-- Who is a member of what, among Bursar's roles; tenants' roles are looked at elsewhere, for there may be very many.
SELECT g.rolname::text, m.rolname::text
FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
WHERE m.rolname = ANY ($1) AND (g.rolname !~ '^app_tenant_' OR g.rolname = 'app_tenant_' || repeat('0', 32))
ORDER BY g.rolname, m.rolname
