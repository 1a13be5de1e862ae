-- stored_function: one account is credited by every transfer.
\set debit random(2, :accounts)
\set amount random(1, 1000)
SELECT transfer_id, debit_balance, credit_balance
FROM baseline.transfer(md5('tenant 0')::uuid, uuidv7(), md5(:debit::text)::uuid, md5('1')::uuid, :amount::numeric);
