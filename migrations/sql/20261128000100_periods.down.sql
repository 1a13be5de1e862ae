DROP TABLE IF EXISTS bursar.ledger_period CASCADE;
