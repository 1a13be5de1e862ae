-- stored_function: two accounts by Zipf's law with exponent 1.0. pgbench's random_zipfian must be above 1 and costs many
-- microseconds a draw there, so the sampler is that of tests/bench/src/load/zipf.rs: the first account by its share
-- :head, the others by inversion.
\set u random(0, 999999999) / 1000000000.0
\set v random(0, 999999999) / 1000000000.0
\set debit case when :u < :head then 1 else int(1.5 * pow((:accounts + 0.5) / 1.5, (:u - :head) / (1 - :head))) end
\set credit case when :v < :head then 1 else int(1.5 * pow((:accounts + 0.5) / 1.5, (:v - :head) / (1 - :head))) end
\set credit case when :credit = :debit then 1 + :debit % :accounts else :credit end
\set amount random(1, 1000)
SELECT transfer_id, debit_balance, credit_balance
FROM baseline.transfer(md5('tenant 0')::uuid, uuidv7(), md5(:debit::text)::uuid, md5(:credit::text)::uuid, :amount::numeric);
