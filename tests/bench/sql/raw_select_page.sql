-- raw_select: the newest 50 transfers of one account, of either side.
\set account random(1, :paged)
SELECT seq, id, debit, credit, amount, state, debit_after, credit_after, created_at, metadata
FROM (
    (SELECT * FROM baseline.transfers
     WHERE tenant = md5('tenant 0')::uuid AND debit = md5(:account::text)::uuid
     ORDER BY seq DESC LIMIT 50)
    UNION ALL
    (SELECT * FROM baseline.transfers
     WHERE tenant = md5('tenant 0')::uuid AND credit = md5(:account::text)::uuid
     ORDER BY seq DESC LIMIT 50)
) AS sides
ORDER BY seq DESC LIMIT 50;
