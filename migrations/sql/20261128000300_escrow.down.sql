-- CASCADE: tenants' reporting views hang on these tables; the next `up` makes them again.
DROP FUNCTION IF EXISTS tenancy.escrow_search_positions(
    jsonb, uuid, uuid, uuid, text, text, text, text, timestamptz, timestamptz, timestamptz, uuid, bigint);
DROP FUNCTION IF EXISTS tenancy.escrow_search_assets(jsonb, uuid, uuid, text, uuid, bigint);
DROP FUNCTION IF EXISTS tenancy.escrow_search_asset_templates(jsonb, uuid, text, text, text, text, uuid, bigint);
DROP FUNCTION IF EXISTS tenancy.escrow_search_institutions(jsonb, text, text, text, text, uuid, bigint);
DROP TABLE IF EXISTS bursar.escrow_ledger_event CASCADE;
DROP TABLE IF EXISTS bursar.escrow_position_event CASCADE;
DROP TABLE IF EXISTS bursar.escrow_position CASCADE;
DROP TABLE IF EXISTS bursar.escrow_policy_change CASCADE;
DROP TABLE IF EXISTS bursar.escrow_policy CASCADE;
DROP TABLE IF EXISTS bursar.escrow_asset CASCADE;
DROP TABLE IF EXISTS bursar.escrow_asset_template CASCADE;
DROP TABLE IF EXISTS bursar.escrow_institution_tag CASCADE;
DROP TABLE IF EXISTS bursar.escrow_institution CASCADE;
DROP FUNCTION IF EXISTS tenancy.current_institution();
