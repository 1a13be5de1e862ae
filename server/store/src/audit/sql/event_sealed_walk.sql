-- All rows of a tenant in order of time, page by page, with the transactions that wrote them.
SELECT id, recorded_at AS at, xact::text::bigint AS xact
FROM bursar.audit_event
WHERE tenant_id = $1 AND (recorded_at, id) > ($2, $3) AND recorded_at >= $2 AND recorded_at > '-infinity'
ORDER BY recorded_at, id
LIMIT $4
