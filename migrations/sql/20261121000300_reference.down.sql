-- CASCADE: tenants' reporting views hang on these tables; the next `up` makes them again.
DROP TABLE IF EXISTS bursar.ref_asset CASCADE;
DROP FUNCTION IF EXISTS tenancy.ref_asset_guard();
