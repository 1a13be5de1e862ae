DROP TABLE IF EXISTS bursar.trace_link CASCADE;
