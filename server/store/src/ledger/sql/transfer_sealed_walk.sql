-- All rows of a tenant in order of time, page by page, with the transactions that wrote them.
SELECT id, posted_at AS at, xact::text::bigint AS xact
FROM bursar.ledger_transfer
WHERE tenant_id = $1 AND (posted_at, id) > ($2, $3) AND posted_at >= $2
  AND posted_at > '-infinity'
ORDER BY posted_at, id
LIMIT $4
