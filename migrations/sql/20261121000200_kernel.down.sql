-- CASCADE: tenants' reporting views hang on these tables; the next `up` makes them again.
DROP TABLE IF EXISTS bursar.audit_event CASCADE;
DROP TABLE IF EXISTS bursar.operation_record CASCADE;
