-- The first transaction of the range, and the one that more than $3 rows reach into.
SELECT min(found.xact) AS first, CASE WHEN count(*) > $3::bigint THEN max(found.xact) END AS cut
FROM (
    SELECT r.xact::text::bigint AS xact
    FROM bursar.ledger_transfer r
    WHERE r.xact::text::bigint >= $1 AND r.xact::text::bigint < $2
    ORDER BY 1
    LIMIT $3::bigint + 1
) AS found
