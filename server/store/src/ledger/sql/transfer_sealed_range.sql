FROM bursar.ledger_transfer r
WHERE r.xact::text::bigint >= $1 AND r.xact::text::bigint < $2
