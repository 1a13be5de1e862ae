-- stored_function: one transfer a transaction between two of all accounts.
\set debit random(1, :accounts)
\set credit random(1, :accounts)
\set credit case when :credit = :debit then 1 + :debit % :accounts else :credit end
\set amount random(1, 1000)
SELECT transfer_id, debit_balance, credit_balance
FROM baseline.transfer(md5('tenant 0')::uuid, uuidv7(), md5(:debit::text)::uuid, md5(:credit::text)::uuid, :amount::numeric);
