-- What the value dates move across the end of a day ($3, whose first instant after is $4): backdated transfers posted
-- later come in, transfers dated later but posted before go out. Only shifted ones are read, and of these only what can
-- matter: a transfer posted after a closing is dated after that period, and none is dated beyond the last day ($5) that
-- one posted before could name.
WITH closed AS (
    SELECT COALESCE((SELECT ends_on FROM bursar.ledger_period WHERE tenant_id = $1 AND closed_at < $4
                     ORDER BY ends_on DESC LIMIT 1), '-infinity') AS through
)
SELECT COALESCE(sum(amount) FILTER (WHERE debit), 0) AS debits_in,
       COALESCE(sum(amount) FILTER (WHERE NOT debit), 0) AS credits_in,
       COALESCE(sum(taken) FILTER (WHERE debit), 0) AS debits_out,
       COALESCE(sum(taken) FILTER (WHERE NOT debit), 0) AS credits_out
FROM (
    SELECT true AS debit, amount, 0::numeric AS taken FROM bursar.ledger_transfer
    WHERE tenant_id = $1 AND debit_id = $2 AND shifted AND value_date > (SELECT through FROM closed)
      AND value_date <= $3 AND posted_at >= $4 AND kind IN ('direct', 'post', 'reversal')
    UNION ALL
    SELECT true, 0, amount FROM bursar.ledger_transfer
    WHERE tenant_id = $1 AND debit_id = $2 AND shifted AND value_date > $3
      AND value_date <= $5 AND posted_at < $4 AND kind IN ('direct', 'post', 'reversal')
    UNION ALL
    SELECT false, amount, 0 FROM bursar.ledger_transfer
    WHERE tenant_id = $1 AND credit_id = $2 AND shifted AND value_date > (SELECT through FROM closed)
      AND value_date <= $3 AND posted_at >= $4 AND kind IN ('direct', 'post', 'reversal')
    UNION ALL
    SELECT false, 0, amount FROM bursar.ledger_transfer
    WHERE tenant_id = $1 AND credit_id = $2 AND shifted AND value_date > $3
      AND value_date <= $5 AND posted_at < $4 AND kind IN ('direct', 'post', 'reversal')
) AS moved
