SELECT a.id, a.institution_id, a.code, a.name, a.vertical, a.region, a.config, a.revision, a.created_at, a.updated_at
FROM bursar.escrow_asset_template AS a
