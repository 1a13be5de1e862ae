DROP TABLE IF EXISTS bursar.trading_cursor CASCADE;
DROP TABLE IF EXISTS bursar.trading_review CASCADE;
DROP TABLE IF EXISTS bursar.trading_execution CASCADE;
DROP TABLE IF EXISTS bursar.trading_decision CASCADE;
DROP TABLE IF EXISTS bursar.trading_strategy CASCADE;
