-- The login of pgbench. One round of hashing instead of 4,096: 256 connections at once would otherwise need seconds of
-- both processors before the first transaction.
SET scram_iterations = 1;
CREATE ROLE baseline LOGIN PASSWORD '$password';
GRANT USAGE ON SCHEMA baseline TO baseline;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA baseline TO baseline;
