-- The seals that must hold what these transactions wrote, and when the ones before them were made.
SELECT DISTINCT ON (s.position) s.position, s.upto, s.leaves,
       (SELECT p.sealed_at FROM bursar.audit_seal p WHERE p.tenant_id = $1 AND p.position = s.position - 1) AS before
FROM unnest($2::bigint[]) AS wanted (xact)
CROSS JOIN LATERAL (
    SELECT position, upto, leaves FROM bursar.audit_seal WHERE tenant_id = $1 AND upto > wanted.xact ORDER BY upto LIMIT 1
) AS s
ORDER BY s.position
