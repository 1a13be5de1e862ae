-- What moved posted money of an account ($2), by value date and then posting time, which no two of its transfers share.
-- Transfers of their own day come in that order by their posting time alone, between $3 and $4; the others by value
-- date, after $5 and $6 and until $7.
WITH page AS (
    (SELECT t.id, t.value_date, t.posted_at FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.debit_id = $2 AND t.posted_at >= $3 AND t.posted_at < $4
       AND NOT t.shifted AND t.kind IN ('direct', 'post', 'reversal')
     ORDER BY t.posted_at LIMIT $8)
    UNION ALL
    (SELECT t.id, t.value_date, t.posted_at FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.credit_id = $2 AND t.posted_at >= $3 AND t.posted_at < $4
       AND NOT t.shifted AND t.kind IN ('direct', 'post', 'reversal')
     ORDER BY t.posted_at LIMIT $8)
    UNION ALL
    (SELECT t.id, t.value_date, t.posted_at FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.debit_id = $2 AND (t.value_date, t.posted_at) > ($5, $6) AND t.value_date <= $7
       AND t.shifted AND t.kind IN ('direct', 'post', 'reversal')
     ORDER BY t.value_date, t.posted_at LIMIT $8)
    UNION ALL
    (SELECT t.id, t.value_date, t.posted_at FROM bursar.ledger_transfer t
     WHERE t.tenant_id = $1 AND t.credit_id = $2 AND (t.value_date, t.posted_at) > ($5, $6) AND t.value_date <= $7
       AND t.shifted AND t.kind IN ('direct', 'post', 'reversal')
     ORDER BY t.value_date, t.posted_at LIMIT $8)
    ORDER BY value_date, posted_at LIMIT $8
)
SELECT t.*
FROM page
CROSS JOIN LATERAL (
    SELECT id, kind, debit_id, credit_id, amount, code, external_reference, value_date, posted_at, pending_id, reversed_id
    FROM bursar.ledger_transfer WHERE tenant_id = $1 AND id = page.id OFFSET 0
) AS t
ORDER BY t.value_date, t.posted_at
