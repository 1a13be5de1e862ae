-- stored_function: a transfer of one of many tenants, each with accounts of its own.
\set tenant random(1, :tenants)
\set debit random(1, :each)
\set credit random(1, :each)
\set credit case when :credit = :debit then 1 + :debit % :each else :credit end
\set amount random(1, 1000)
SELECT transfer_id, debit_balance, credit_balance
FROM baseline.transfer(md5('tenant ' || :tenant::text)::uuid, uuidv7(), md5(:debit::text)::uuid, md5(:credit::text)::uuid, :amount::numeric);
